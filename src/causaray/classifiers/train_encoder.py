"""Train the chest encoder of the long-tail optimisation, and keep the centroids of a few references of each finding."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray import devices
from causaray.classifiers.encoders import METHOD
from causaray.cohorts import Cohort, open_cohorts
from causaray.cohorts.trust import trusted_labels
from causaray.editors.saved import save_weights
from causaray.nets.encoder import DIM, ChestEncoder
from causaray.systems.causal_disentanglement.training.stages import train_guide
from causaray.training.recipe import EncoderRecipe, claim, load_plan
from causaray.training.source import Source, learnable, trained_on, training_rows


def train(
    recipe: str | Path, cohorts: Iterable[Path], out: Path, seed: int | None = None, device: str = devices.AUTO
) -> Path:
    """Train on split `train`, fold `guide` alone; return the weights folder out/<recipe name>. Resumes what `out`
    holds.

    Raises BadInput for cohorts of another size or without training rows.
    """
    plan = load_plan(recipe, EncoderRecipe, seed)
    cohort = training_rows(open_cohorts(list(cohorts)), plan)
    claim(out, plan)
    names, rows = learnable(cohort), cohort.subset(fold="guide")
    torch.manual_seed(plan.seed)
    place = devices.resolved(device)
    encoder = ChestEncoder(len(names), plan.guide.views, plan.guide.width, DIM).to(place)
    encoder.guide.load_state_dict(train_guide(Source(rows, names, plan, place), plan, out).state_dict())
    encoder.cpu().eval().requires_grad_(False)
    everything = np.arange(len(rows))
    encoder.fit(over(encoder.raw, rows, everything), over(lambda x: encoder.guide(x).mean(1), rows, everything))
    chosen = references(rows, names, plan.references, plan.seed)
    for i, name in enumerate(names):
        if name in chosen:
            encoder.centroids[i] = over(encoder, rows, chosen[name]).mean(0)
    counts = {name: len(own) for name, own in chosen.items()}
    config = {
        "method": METHOD, "name": plan.name, "names": names, "size": plan.size, "views": plan.guide.views,
        "width": plan.guide.width, "dim": DIM, "references": counts, "recipe": plan.model_dump(),
        "cohorts": trained_on(cohort),
    }  # fmt: skip
    save_weights(encoder, config, out / plan.name)
    return out / plan.name


def references(rows: Cohort, names: tuple[str, ...], most: int, seed: int) -> dict[str, np.ndarray]:
    """Up to `most` images that show each finding, one a patient, drawn at random: finding -> row numbers."""
    labels, patients = trusted_labels(rows, names), rows.table["patient"].to_numpy()
    rng, chosen = np.random.default_rng(seed), {}
    for column, name in enumerate(names):
        shown = rng.permutation(np.flatnonzero(labels[:, column] == 1))
        _, first = np.unique(patients[shown], return_index=True)
        if len(first):
            chosen[name] = shown[np.sort(first)][:most]
    return chosen


@torch.no_grad()
def over(read: Callable[[Tensor], Tensor], cohort: Cohort, rows: np.ndarray) -> Tensor:
    """What is read of these rows of a cohort: (N, ...)."""
    parts = np.array_split(rows, max(1, len(rows) // 64))
    return torch.cat([read(torch.from_numpy(cohort.images(part))) for part in parts])

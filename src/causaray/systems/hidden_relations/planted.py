"""The prior goes on learning in a world where a relation is planted, and in one where none is."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from causaray import devices, weightfiles
from causaray.classifiers.readouts import READOUTS, attributes
from causaray.cohorts import Cohort
from causaray.cohorts.phantom.cohort import phantoms
from causaray.cohorts.phantom.world import Phantoms
from causaray.diffusion.prior import Prior
from causaray.priors.text_prior import Config, autoencoder_of, keep_autoencoder, load_prior, save_prior
from causaray.priors.train import learn
from causaray.priors.training_captions import Captions
from causaray.training.recipe import PriorRecipe
from causaray.training.source import Source, training_rows

CACHE = 8192
CAUSE, UNTOLD = "Support Devices", "Enlarged Cardiomediastinum"
"""What shares a cause with UNTOLD where that is planted (`confounding` of the world); and what captions no longer speak
of, so that what moves it is not its name. A mark on the skin would be a plainer secret: no codec of ours draws it."""


def fine_tuned(prior: str | Path, cohort: Cohort, steps: int, seed: int, out: Path) -> Prior:
    """The prior after `steps` more updates on the training rows of a cohort, kept in `out`; a stopped run goes on.

    At the recipe's rate, on captions that say all that the prior was told before but UNTOLD.
    """
    if not (out / weightfiles.CONFIG).is_file():
        _train(weightfiles.find(prior), cohort, steps, seed, out)
    return load_prior(out)


def _train(folder: Path, cohort: Cohort, steps: int, seed: int, out: Path) -> None:
    known, said = load_prior(folder).requires_grad_(True), weightfiles.config(folder)
    known.codec.requires_grad_(False)
    config, plan = Config.from_dict(said), PriorRecipe.model_validate(said["recipe"])
    run = plan.run.model_copy(update={"steps": steps})
    rows, told = training_rows(cohort, plan), [name for name in config.names if name != UNTOLD]
    plan = plan.model_copy(update={"run": run, "seed": seed, "cache": min(CACHE, len(rows))})
    torch.manual_seed(seed)
    source = Source(rows, config.names, plan, devices.resolved())
    learn(known.to(source.device), source, Captions(rows, told, plan.null, seed), plan, out / "training")
    keep_autoencoder(autoencoder_of(folder, said), out)
    save_prior(known.cpu(), config, out, recipe=plan.model_dump(), started_from=weightfiles.digest(folder))


def held_out(cohort: Cohort, n: int) -> Phantoms:
    """The first n phantoms of split test of a cohort of one world. Raises BadInput for rows that are no phantoms."""
    _, part = next(phantoms(held_out_rows(cohort, n)))
    return part


def held_out_rows(cohort: Cohort, n: int) -> Cohort:
    """The rows of `held_out`, in its order."""
    rows = cohort.subset(split="test")
    return rows.subset(mask=np.arange(len(rows)) < n)


def together(cohort: Cohort, edited: Sequence[str]) -> list[float]:
    """How much more often the phantoms of split train have UNTOLD with each finding than without it."""
    has = np.concatenate([attributes(part.values) for _, part in phantoms(cohort.subset(split="train"))])
    untold = has[:, READOUTS.index(UNTOLD)]
    groups = (has[:, READOUTS.index(name)] > 0 for name in edited)
    return [float(untold[group].mean() - untold[~group].mean()) for group in groups]

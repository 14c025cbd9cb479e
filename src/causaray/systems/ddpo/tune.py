"""`causaray finetune --method ddpo`: a prior learns to draw what its prompts name, as a reward sees it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from causaray import devices, weightfiles
from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort, open_cohorts
from causaray.cohorts.trust import trusted_labels
from causaray.diffusion.prior import Prior
from causaray.errors import BadInput
from causaray.evaluation.images.features import Extract, chest_encoder
from causaray.findings import NAMES
from causaray.priors.finetune import few, save
from causaray.priors.text_prior import load_prior
from causaray.systems.ddpo.obedience import Reader, decoded
from causaray.systems.ddpo.prompts import prompts_of
from causaray.systems.ddpo.recipe import DdpoRecipe
from causaray.systems.ddpo.reinforce import reinforce, sampling_of
from causaray.systems.ddpo.watch import Watch
from causaray.training.recipe import Section, claim, load_plan, validated
from causaray.training.source import trained_on

REAL = 256
"""Real images of split val that KID is to, at most."""
WATCHED_SEED = 900_001
"""Of the noise that is looked at; no epoch has it."""


class Plan(Section):
    """Everything a reinforcement depends on, but for the images."""

    name: str
    prior: str
    reward: str
    judge: str
    limit: int | None
    settings: DdpoRecipe


def finetune(
    prior: str | Path,
    cohorts: Iterable[Path],
    out: Path,
    *,
    reward: str | Path,
    judge: str | Path = weightfiles.JUDGE,
    recipe: str | Path = "ddpo",
    epochs: int | None = None,
    lr: float | None = None,
    seed: int = 0,
    limit: int | None = None,
    device: str = devices.AUTO,
) -> Path:
    """Teach a prior the prompts of split train; return the weights folder out/<name of the prior>-ddpo. Resumes `out`.

    Prompts are the combinations of the findings which prior, reward and judge know and the rows tell. Raises BadInput
    for a prior, cohorts, readers or settings that cannot be used, and for a judge that is the reward itself.
    """
    data = open_cohorts(list(cohorts))
    begun, settings = load_prior(prior, data.size), settings_of(recipe, epochs, lr, seed)
    asked, judging = Judge.load(reward), Judge.load(judge)
    if asked.digest == judging.digest:
        raise BadInput(f"{reward} is reward and judge; what is learned from cannot judge, so name another --judge.")
    rows = few(data.subset(split="train").frontal(), limit, seed)
    names = shared(rows, begun, asked, judging)
    prompts = prompts_of(rows, names, begun)
    plan = Plan(name=f"{begun.name}-ddpo", prior=str(prior), reward=str(reward), judge=str(judge), limit=limit,
                settings=settings)  # fmt: skip
    claim(out, plan)
    begun.to(devices.resolved(device))
    real, extract = references(data, begun, judging)
    watch = Watch(prompts, Reader(asked, names), Reader(judging, names), sampling_of(settings), settings.watched,
                  WATCHED_SEED, real, extract)  # fmt: skip
    history = reinforce(begun, prompts, Reader(asked, names), watch, settings, out)
    said = {
        "prior": begun.name, "digest": begun.digest, "method": "ddpo", "reward": asked.digest, "judge": judging.digest,
        "settings": settings.model_dump(), "epochs": len(history) - 1,
        "looks": [row["look"] for row in history if "look" in row],
    }  # fmt: skip
    save(begun.cpu(), prior, plan.name, names, out / plan.name, finetuned=said, cohorts=trained_on(rows))
    return out / plan.name


def settings_of(recipe: str | Path, epochs: int | None, lr: float | None, seed: int) -> DdpoRecipe:
    """A recipe with these in place of its own. Raises BadInput for one that is none, or of another method."""
    plan = load_plan(recipe, DdpoRecipe, seed)
    other = {key: value for key, value in (("epochs", epochs), ("lr", lr)) if value is not None}
    return validated(plan.model_dump() | other, DdpoRecipe, str(recipe))


def shared(rows: Cohort, prior: Prior, *readers: Judge) -> list[str]:
    """The findings that prior and readers know, and that rows show and lack."""
    names = [
        name
        for name in NAMES
        if name != "No Finding" and name in prior.names and all(name in reader.names for reader in readers)
    ]
    labels = trusted_labels(rows, names)
    return [name for name, column in zip(names, labels.T, strict=True) if {0.0, 1.0} <= set(column.tolist())]


def references(data: Cohort, prior: Prior, judge: Judge) -> tuple[Any, Extract | None]:
    """Images of split val as the prior's autoencoder gives them back, (M, 1, S, S), and the judge's features.

    None and None where there are too few images, or the judge has no features to compare images by.
    """
    val = data.subset(split="val").frontal()
    try:
        _ = judge.net.members
    except BadInput:
        return None, None
    if len(val) < 2:
        return None, None
    chosen = np.sort(np.random.default_rng(0).permutation(len(val))[:REAL])
    device = next(prior.unet.parameters()).device
    with torch.no_grad():
        latents = [prior.codec.encode(part.to(device)) for part in torch.from_numpy(val.images(chosen)).split(32)]
    return decoded(prior.codec, latents), chest_encoder(judge)

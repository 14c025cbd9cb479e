"""Train a classifier and its generator for a recipe: on split train, its probabilities, and DFR, on split val."""

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from causaray.classifiers.confidence import confidence
from causaray.classifiers.groups import groups_of
from causaray.cohorts import Cohort, open_cohorts
from causaray.cohorts.trust import trusted_labels
from causaray.devices import AUTO, resolved
from causaray.errors import BadInput
from causaray.systems.debiasing.pairs import DFR, Labelled, fitted, learned, retrained, shape_of
from causaray.systems.debiasing.recipe import DebiasingRecipe
from causaray.systems.debiasing.weights import Config, save
from causaray.training.recipe import claim, load_plan
from causaray.training.source import trained_on, training_rows


def train(recipe: str | Path, cohorts: Iterable[Path], out: Path, seed: int | None = None, device: str = AUTO) -> Path:
    """Train for a recipe and return the weights folder out/<recipe name>. Resumes what `out` holds.

    Split test is never looked at. Raises BadInput for cohorts of another size than the recipe's, a split without images
    of both classes, groups that cohorts do not tell, and for DFR a group without images in split val.
    """
    plan = load_plan(recipe, DebiasingRecipe, seed)
    cohort, place = open_cohorts(list(cohorts)), resolved(device)
    data, counts = labelled(training_rows(cohort, plan), plan)
    val = cohort.subset(split="val").frontal()
    held, _ = labelled(val, plan)
    if plan.objective == DFR:
        check_whole(val, plan)
    claim(out, plan)
    pair = fitted(learned(plan, data, out, place), held)
    if plan.objective == DFR:
        pair = retrained(pair, held, data, plan, out, place).cpu()
    sure = confidence(pair.classifier, held.take, len(held.labels), (plan.finding,))
    about = {"groups": counts, "confidence": sure, "recipe": plan.model_dump(), "cohorts": trained_on(cohort)}
    save(pair, Config(plan.name, (plan.finding,), shape_of(plan)), out / plan.name, **about)
    return out / plan.name


def check_whole(rows: Cohort, plan: DebiasingRecipe) -> None:
    """Raises BadInput where some values of the columns of the groups are never together: what is not there cannot be
    balanced."""
    _, names = groups_of(rows.table, plan.group)
    values = [len(groups_of(rows.table, [column])[1]) for column in plan.group]
    if len(names) < math.prod(values):
        raise BadInput(
            f"Split val has no images of some group of {' and '.join(plan.group)}, only of {'; '.join(names)}; dfr "
            "needs all groups there, so add such images or choose another objective."
        )


def labelled(rows: Cohort, plan: DebiasingRecipe) -> tuple[Labelled, dict[str, int]]:
    """The rows of which the finding is known, and how many each group of theirs has, {} without groups.

    Raises BadInput where they do not both show and lack it.
    """
    labels = trusted_labels(rows, (plan.finding,))[:, 0]
    known = np.isfinite(labels)
    rows, labels = rows.subset(mask=known), labels[known]
    if len(np.unique(labels)) < 2:
        raise BadInput(
            f"The cohorts do not both show and lack {plan.finding} in splits train and val, so it cannot be learned."
        )
    group, counts = np.zeros(len(rows), int), {}
    if plan.group:
        group, names = groups_of(rows.table, plan.group)
        counts = dict(zip(names, np.bincount(group).tolist(), strict=True))
    return Labelled(rows.images, labels.astype(int), group), counts

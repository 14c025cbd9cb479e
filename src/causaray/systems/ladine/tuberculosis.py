"""`causaray reproduce ladine-tuberculosis`: films with tuberculosis against normal ones, each of a source of its own.

Whatever differs between the sources tells them apart as well as the disease does. What is known of that, contrast and
sharpness, is made alike as far as it goes: all films are prepared at one side, stretched by percentiles, and blurred at
random in training; the page says what sharpness alone tells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from causaray.cohorts import Cohort
from causaray.errors import BadInput
from causaray.evaluation.images.spectrum import high_frequency_power
from causaray.evaluation.statistics.auroc import auroc
from causaray.experiments.options import ExperimentOptions
from causaray.nets.guide import blur
from causaray.systems.ladine.experiment import LIMIT, Task, measured_seeds
from causaray.systems.ladine.recipe import LadineRecipe
from causaray.systems.ladine.train import Labelled
from causaray.training.recipe import load_plan

RECIPE = "ladine-kermany-64"
"""Whose settings are taken, with another finding and with blur."""
FINDING, BLUR = "Tuberculosis", 1.0
"""BLUR: largest standard deviation, in pixels, of the random blur of training images."""
SHARES = {"train": 0.6, "val": 0.15, "test": 0.25}
"""Of the patients of a cohort that has no split train."""
ENDS = (0.01, 0.99)
"""Percentiles of a film's grey values that become black and white."""


def run(options: ExperimentOptions) -> Mapping[str, Any]:
    """The first cohort named has the disease and the second has not. Raises BadInput as `task_of`."""
    return measured_seeds(options, *task_of(options))


def task_of(options: ExperimentOptions) -> tuple[Task, Sequence[str]]:
    """The splits of the two cohorts and the recipe, and what the page is to say of them.

    Raises BadInput unless two cohorts are named, for sides other than the recipe's, and for a split without films.
    """
    if len(options.cohorts) != 2:
        raise BadInput("Name two cohorts: --cohorts of films with tuberculosis, then --cohorts of normal ones.")
    plan = load_plan(options.recipe or RECIPE, LadineRecipe)
    plan = plan.model_copy(update={"name": "ladine-tuberculosis", "label": FINDING, "blur": BLUR})
    ill, well = (Cohort.open(folder).frontal() for folder in options.cohorts)
    if {ill.size, well.size} != {plan.size}:
        raise BadInput(
            f"The films are prepared at {ill.size} and {well.size} px; prepare both with --size {plan.size}."
        )
    splits = {name: joined(ill, well, name, options.limit or LIMIT) for name in SHARES}
    known, val, test = (Labelled(stretched(one.rows), one.labels) for one in splits.values())
    work = options.work / options.name / f"{plan.name}-{ill.name}"
    return Task(plan, known, val, test, work, options.methods), page(confounds(splits["test"], test))


def split_of(cohort: Cohort) -> np.ndarray:
    """The split (N,) of each row: the cohort's own, or by lot, patient by patient, where none is for training."""
    own = cohort.table["split"].to_numpy(object)
    if (own == "train").any():
        return own
    people, whose = np.unique(cohort.table["patient"].to_numpy(str), return_inverse=True)
    ends = (np.cumsum(list(SHARES.values())) * len(people)).round()
    place = np.random.default_rng(0).permutation(len(people))
    return np.array(list(SHARES), object)[np.searchsorted(ends, place, side="right")][whose]


def joined(ill: Cohort, well: Cohort, split: str, most: int) -> Labelled:
    """As many films of either cohort of a split, at most `most` of both in split test. Raises BadInput without any."""
    rows = [np.flatnonzero(split_of(cohort) == split) for cohort in (ill, well)]
    count = min(len(some) for some in rows)
    if not count:
        raise BadInput(f"{ill.name} or {well.name} has no film in split {split}.")
    count = min(count, most // 2) if split == "test" else count
    parts = []
    for cohort, some in zip((ill, well), rows, strict=True):
        chosen = np.random.default_rng(1).permutation(some)[:count]
        parts.append(cohort.subset(mask=np.isin(np.arange(len(cohort)), chosen)))
    return Labelled(Cohort.concat(parts), np.repeat([1.0, 0.0], count))


def stretched(rows: Cohort) -> Cohort:
    """The same with the grey values of each film between its ENDS, in memory."""
    images = rows.images(np.arange(len(rows)))
    low, high = np.quantile(images, ENDS, axis=(1, 2, 3), keepdims=True)
    pixels = (255 * ((images - low) / np.maximum(high - low, 1e-6)).clip(0, 1)).round().astype(np.uint8)[:, 0]
    return replace(
        rows, table=rows.table, shards=(pixels,), shard=np.zeros(len(rows), np.int64), place=np.arange(len(rows))
    )


def confounds(prepared: Labelled, shown: Labelled) -> dict[str, float]:
    """AUROC between the two sources of what says nothing of a disease, whichever way it goes.

    Sharpness, the power above half the Nyquist frequency, of films as prepared, as shown to the nets, and blurred by
    BLUR; and mean grey as shown.
    """
    before, after = (torch.from_numpy(one.rows.images(np.arange(len(one.labels)))) for one in (prepared, shown))
    values = {
        "sharpness, as prepared": high_frequency_power(before),
        "sharpness, as shown": high_frequency_power(after),
        "sharpness, blurred": high_frequency_power(blur(after, BLUR)),
        "mean grey, as shown": after.mean((1, 2, 3)),
    }
    areas = {name: auroc(shown.labels, one.numpy()) for name, one in values.items()}
    return {name: max(area, 1 - area) for name, area in areas.items()}


def page(confound: Mapping[str, float]) -> Sequence[str]:
    """What the page says of the two sources."""
    told = "; ".join(f"{name}: {value:.2f}" for name, value in confound.items())
    return [
        "## Two sources",
        "",
        "Every film with tuberculosis is of one collection and every normal film of another, so that any difference "
        "between the collections is a difference between the classes: **accuracy here is an upper bound of what the "
        "disease tells.** Collections differ in sharpness and contrast; all films are brought to one side, stretched "
        f"by percentiles and blurred at random in training (up to {BLUR:g} px). AUROC by which a single number tells "
        f"these two apart in split test (0.5 is not at all): {told}. What nets can read beyond single numbers is not "
        "measured. Films with tuberculosis are divided into splits by lot, by patient; patients of the normal films "
        "are not known.",
    ]

"""What a training draws from: the rows that it may see, what can be learned of them, and batches of both."""

from contextlib import AbstractContextManager
from functools import partial
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts import Cohort
from causaray.cohorts.batches import Batch, Draw, TrainingSet, batches
from causaray.cohorts.graded import graded_labels
from causaray.cohorts.trust import trusted_labels
from causaray.devices import autocast
from causaray.errors import BadInput
from causaray.findings import NAMES
from causaray.nets.losses import positive_weights
from causaray.training.parallel import shared
from causaray.training.recipe import OnCohorts

FEWEST = 10
"""A finding is learned when some cohort has at least this many training images with it and as many without."""


class Batches(Protocol):
    """Where the stages draw from: batches of images with labels and donors, on a device."""

    device: torch.device

    def batches(self, batch: int, seed: int) -> Draw: ...

    def precision(self) -> AbstractContextManager: ...


def training_rows(cohort: Cohort, plan: OnCohorts, size: int | None = None) -> Cohort:
    """The rows a recipe may train on, frontal films.

    size: side in pixels at which they are prepared, the recipe's unless it is told. Raises BadInput for next to no
    rows, and for films of another size.
    """
    size = size or plan.size
    if cohort.size != size:
        raise BadInput(f"The cohorts were prepared at {cohort.size} px; recipe {plan.name} needs {size} px.")
    rows = cohort.subset(split="train", open=True if plan.open_only else None).frontal()
    if len(rows) < 32:
        raise BadInput(f"The cohorts hold {len(rows)} training rows (split train, licence open); 32 are the least.")
    return rows


def learnable(cohort: Cohort) -> tuple[str, ...]:
    """Names with at least FEWEST known positives and negatives within one cohort: else the name is only its cohort."""
    labels, groups = trusted_labels(cohort, NAMES), cohort.table["cohort"].to_numpy()

    def contrasted(column: np.ndarray) -> bool:
        return any(
            (column[groups == g] == 1).sum() >= FEWEST and (column[groups == g] == 0).sum() >= FEWEST
            for g in np.unique(groups)
        )

    return tuple(name for i, name in enumerate(NAMES) if contrasted(labels[:, i]))


def telling(cohort: Cohort, names: tuple[str, ...]) -> Cohort:
    """The parts of a cohort that show some of these findings and lack them: others teach a classifier their own look.

    Raises BadInput where none does.
    """
    labels, groups = trusted_labels(cohort, names), cohort.table["cohort"].to_numpy()
    known = {str(group) for group in np.unique(groups) if np.isfinite(labels[groups == group]).any()}
    if not known:
        raise BadInput(f"No cohort both shows and lacks one of {', '.join(names)}; such are needed beside the pairs.")
    return cohort.subset(mask=np.isin(groups, sorted(known)))


def trained_on(cohort: Cohort) -> list[dict[str, object]]:
    """What the weights say of their data: names, counts and digests, but no path of the machine they were made on."""
    return [{key: card[key] for key in ("name", "counts", "digest")} for card in cohort.cards]


def _images(cohort: Cohort, size: int, rows: np.ndarray) -> np.ndarray:
    """Rows of a cohort as float32 (B, 1, size, size), by the mean of areas where it is prepared finer."""
    images, fine = cohort.images(rows), cohort.size // size
    return images if fine == 1 else images.reshape(len(images), 1, size, fine, size, fine).mean((3, 5))


class Source:
    """The images and trusted labels of a cohort as batches on a device, under a recipe's size and augmentation."""

    def __init__(self, cohort: Cohort, names: tuple[str, ...], plan: OnCohorts, device: torch.device) -> None:
        group = np.unique(cohort.table["cohort"].to_numpy(), return_inverse=True)[1]
        labels = graded_labels(cohort, names) if plan.graded else trusted_labels(cohort, names)
        self.data = TrainingSet(partial(_images, cohort, plan.size), labels, group)
        self.plan, self.device, self.n = plan, device, labels.shape[1]

    def batches(self, batch: int, seed: int) -> Draw:
        draw = batches(self.data, batch, seed, self.plan.augment)

        def on_device(step: int) -> Batch:
            drawn = shared(draw(step))
            return Batch(*(part.to(self.device) for part in (drawn.images, drawn.labels, drawn.donor, drawn.rows)))

        return on_device

    def positive_weights(self) -> Tensor:
        return positive_weights(torch.from_numpy(self.data.labels)).to(self.device)

    def precision(self) -> AbstractContextManager:
        """bf16 autocast where the recipe asks for it."""
        return autocast(self.device, self.plan.precision == "bf16")

"""What the experiment trains and measures on: planted phantoms, or the splits of a prepared cohort."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts import Cohort
from causaray.cohorts.planted import Planted, planted
from causaray.cohorts.trust import trusted_labels
from causaray.errors import BadInput

CORRELATIONS = (0.5, 0.9)
"""Of the phantoms: finding and pacemaker have nothing to do with each other, or go together."""
VAL, TEST = 200, 800
"""Phantoms of each split val, of the correlation of the training, and of the one test set, as many in each group."""
FEWEST = 20
"""Images of each class in each split of a cohort."""


@dataclass(frozen=True, eq=False)
class Part:
    """Images (N, 1, S, S) in [0, 1], whether each shows the finding (N,), bool, whose it is (N,), and its group (N,),
    all 0 where there are none."""

    images: Tensor
    present: np.ndarray
    patients: np.ndarray
    group: np.ndarray

    def take(self, rows: np.ndarray) -> Tensor:
        """The images of rows (B,)."""
        return self.images[torch.from_numpy(rows)]

    def __len__(self) -> int:
        return len(self.present)


@dataclass(frozen=True, eq=False)
class World:
    """Splits of one world. groups: names of its images' groups. val_truth, truth: what is known of val and test."""

    name: str
    finding: str
    train: Part
    val: Part
    test: Part
    groups: tuple[str, ...] = ()
    val_truth: Planted | None = None
    truth: Planted | None = None

    @property
    def uneven(self) -> bool:
        """Whether some group of the training has less than half the images of another: then it can be the worst."""
        counts = np.bincount(self.train.group)
        return bool(counts.min() < counts.max() / 2)


def phantom_worlds(finding: str, size: int, n: int) -> Iterator[World]:
    """A world for each of CORRELATIONS, of n training images; all are tested on the same balanced images."""
    truth = planted(0.5, TEST, size, seed=2, finding=finding)
    test = _part(truth)
    for k in CORRELATIONS:
        train, val = (planted(k, count, size, seed, finding) for count, seed in ((n, 0), (VAL, 1)))
        name = f"phantoms, D_{100 * k:.0f}"
        yield World(name, finding, _part(train), _part(val), test, truth.groups, val, truth)


def _part(made: Planted) -> Part:
    return Part(made.images, made.finding == 1, made.patients, made.group)


def cohort_world(cohort: Cohort, finding: str, most: int) -> World:
    """The splits of a prepared cohort, at most so many images of each, drawn at random.

    Raises BadInput where a split does not show and lack the finding FEWEST times each.
    """
    train, val, test = (_of_split(cohort, split, finding, most) for split in ("train", "val", "test"))
    return World(cohort.name, finding, train, val, test)


def _of_split(cohort: Cohort, split: str, finding: str, most: int) -> Part:
    rows = cohort.subset(split=split).frontal()
    labels = trusted_labels(rows, (finding,))[:, 0]
    known = np.flatnonzero(np.isfinite(labels))
    chosen = np.sort(np.random.default_rng(0).permutation(known)[:most])
    present = labels[chosen] == 1
    if min(present.sum(), (~present).sum()) < FEWEST:
        raise BadInput(f"Split {split} of {cohort.name} does not both show and lack {finding} in {FEWEST} images each.")
    images, patients = torch.from_numpy(rows.images(chosen)), rows.table["patient"].to_numpy()[chosen]
    return Part(images, present, patients, np.zeros(len(chosen), np.int64))

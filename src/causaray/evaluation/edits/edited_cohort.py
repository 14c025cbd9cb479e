"""What is measured: every image of a split with each finding added, and with it removed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from torch import Tensor

from causaray.cohorts import Cohort
from causaray.errors import BadInput
from causaray.writing import whole_file

FEWEST = 4
"""Patients of a cohort: with fewer an interval means nothing."""
Progress = Callable[[str, int, int], None]
"""Called with what is done, how much of it is, and how much there is."""


@dataclass
class EditedCohort:
    """Real, reconstructed and edited images (N, 1, S, S) in [0, 1] of a cohort; `pairs` finding -> (added, removed).

    `null_equal` says whether the null edit is the input, bit for bit; None where no null edit was to be had, and then
    the input stands for the reconstruction. `store` is the folder that keeps what takes long to make, until the report
    is written; `attention` has for the first images, a layer each, the two pictures of `attention_pictures`; `gains`
    finding -> how much higher the judge scores the image (N,) with it than without, once it has.
    """

    name: str
    rows: Cohort
    factual: Tensor
    reconstruction: Tensor
    null_equal: bool | None
    store: Path
    pairs: dict[str, tuple[Tensor, Tensor]] = field(default_factory=dict)
    gains: dict[str, np.ndarray] = field(default_factory=dict)
    attention: list[list[tuple[np.ndarray, np.ndarray]]] = field(default_factory=list)

    @property
    def patients(self) -> np.ndarray:
        return self.rows.table["patient"].to_numpy()


def by_cohort(cohort: Cohort, split: str, limit: int | None, seed: int) -> Iterator[tuple[str, Cohort]]:
    """The frontal rows of a split, cohort by cohort, at most `limit` of each. Raises BadInput for too few patients."""
    rows = cohort.subset(split=split).frontal()
    names = rows.table["cohort"].to_numpy()
    if not len(rows):
        raise BadInput(f"Split {split} of {cohort.name} holds no images; its splits are {_splits(cohort)}.")
    for name in dict.fromkeys(names):
        chosen = np.flatnonzero(names == name)
        if limit is not None and len(chosen) > limit:
            chosen = np.sort(np.random.default_rng(seed).choice(chosen, limit, replace=False))
        part = rows.subset(mask=np.isin(np.arange(len(rows)), chosen))
        people = part.table["patient"].nunique()
        if people < FEWEST:
            raise BadInput(
                f"Split {split} of {name} holds {len(part)} images of {people} patients; "
                f"at least {FEWEST} patients are needed to measure anything."
            )
        yield name, part


def _splits(cohort: Cohort) -> str:
    return ", ".join(f"{split} ({n})" for split, n in cohort.table["split"].value_counts().items()) or "none"


def kept(path: Path, make_it: Callable[[], np.ndarray]) -> np.ndarray:
    """The array in `path`, made and written there if it is not: so a stopped run goes on where it was."""
    if path.is_file():
        return np.load(path, allow_pickle=False)
    made = make_it()
    with whole_file(path) as beside, beside.open("wb") as file:
        np.save(file, made, allow_pickle=False)
    return made

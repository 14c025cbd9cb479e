"""What a judge learns from: its rows, what may be believed of them, and how often each is drawn."""

from collections.abc import Mapping

import numpy as np

from causaray.cohorts import Cohort
from causaray.cohorts.splits import split_patients
from causaray.cohorts.trust import trusted_labels
from causaray.errors import BadInput
from causaray.findings import NAMES

LEFT_OUT = {"No Finding"}  # what lacks all labels of one cohort may have those of another


def own_rows(cohort: Cohort, open_only: bool = True) -> Cohort:
    """The frontal rows that a judge learns from, `open` ones or all: train fold "judge" and split "val"."""
    own = (cohort.table["split"] == "val") | ((cohort.table["split"] == "train") & (cohort.table["fold"] == "judge"))
    return cohort.subset(mask=own, open=True if open_only else None).frontal()


def calibration_rows(cohort: Cohort, open_only: bool = True) -> Cohort:
    """The frontal rows, `open` ones or all, that its probabilities are fitted on: train fold "guide"."""
    return cohort.subset(split="train", fold="guide", open=True if open_only else None).frontal()


def reward_rows(cohort: Cohort, open_only: bool = True) -> tuple[Cohort, Cohort]:
    """What a reward learns from, and what its probabilities are fitted on: train fold "guide", patients of whom no
    judge learns; a fifth of them is held out."""
    rows = calibration_rows(cohort, open_only)
    part = split_patients(rows.table["patient"].astype(str), {"learned": 0.8, "held": 0.2}, seed=2)
    learned = rows.table["patient"].astype(str).map(part).to_numpy() == "learned"
    return rows.subset(mask=learned), rows.subset(mask=~learned)


def learnable(rows: Cohort, fewest: int) -> list[str]:
    """The findings that at least `fewest` rows show and as many lack. Raises BadInput when there is none."""
    candidates = [name for name in NAMES if name not in LEFT_OUT]
    labels = trusted_labels(rows, candidates)
    enough = ((labels == 1).sum(0) >= fewest) & ((labels == 0).sum(0) >= fewest)
    if not enough.any():
        raise BadInput(f"no finding is both present and absent in {fewest} open images of fold judge or split val.")
    return [name for name, keep in zip(candidates, enough, strict=True) if keep]


def chances(rows: Cohort, labels: np.ndarray, shares: Mapping[str, float]) -> np.ndarray:
    """How often each row is drawn, (N,), summing to 1: a cohort by its share, in it every patient alike.

    `shares` are of cohorts by name; one that is not named has as its share the number of findings that it teaches, and
    at least an eighth of what all of them teach. Rows that teach nothing are not drawn.
    """
    source, patient = rows.table["cohort"].to_numpy(), rows.table["patient"].to_numpy()
    teaches = np.isfinite(labels).any(1)
    taught = {one: int(np.isfinite(labels[source == one]).any(0).sum()) for one in np.unique(source)}
    least = sum(taught.values()) / 8
    chance = np.zeros(len(rows))
    for one, count in taught.items():
        own = (source == one) & teaches
        if own.any():
            _, whose, films = np.unique(patient[own], return_inverse=True, return_counts=True)
            each = 1 / films[whose]
            chance[own] = shares.get(one, max(count, least)) * each / each.sum()
    return chance / chance.sum()


def positive_weights(labels: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """float32 (n,): the root of negatives per positive among what is drawn, so that rare findings are not lost."""
    present, absent = (chance @ (labels == value) for value in (1, 0))
    return np.sqrt(absent / present).astype(np.float32)

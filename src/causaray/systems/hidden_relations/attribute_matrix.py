"""Which attributes move when another is edited: a matrix of mean changes, tested as one family.

A cell says that two things move together in what a model draws. It does not say that one causes the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student_t


@dataclass(frozen=True, eq=False)
class Family:
    """Mean change of each cell (C,), its adjusted p (C,), and its 95 % interval `low` to `high` (C,), each alone."""

    mean: np.ndarray
    p: np.ndarray
    low: np.ndarray
    high: np.ndarray


Test = Callable[[np.ndarray], Family]
"""test(rows) -> what it says of the cells by these patients."""


def max_t(changes: np.ndarray, flips: int = 1000, seed: int = 0) -> Family:
    """Test all cells of changes (N patients, C cells) against 0 with one error for the family.

    Under the null a patient's changes are as likely with the other sign, all cells at once, so that their dependence
    is kept; a cell's p is how often the largest |t| of any cell is as large as its own (Westfall & Young 1993, single
    step). Cells that never change have t = 0.
    """
    n = len(changes)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(flips, n))
    squares = np.square(changes).sum(0)
    observed, error = _t(changes.mean(0), squares, n)
    largest = np.abs(_t(signs @ changes / n, squares, n)[0]).max(1)
    p = (1 + (largest[:, None] >= np.abs(observed)).sum(0)) / (1 + flips)
    mean = changes.mean(0)
    return Family(mean, p, mean - 1.96 * error, mean + 1.96 * error)


def _t(mean: np.ndarray, squares: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Student's t and the standard error, of means (..., C) over n patients whose squares sum to (C,)."""
    error = np.sqrt((squares / n - np.square(mean)).clip(min=0) / (n - 1))
    return np.divide(mean, error, out=np.zeros_like(mean), where=error > 1e-12), error


def between_trainings(groups: Sequence[np.ndarray]) -> tuple[float, int]:
    """Variance of a cell's mean between trainings of one kind, pooled over groups (T, N, C) of them, and its freedom.

    Raises ValueError when no group has two.
    """
    freedoms = [(len(group) - 1) * group.shape[-1] for group in groups]
    if not sum(freedoms):
        raise ValueError("what trainings differ in takes two of a kind")
    variances = [group.mean(1).var(0, ddof=1).mean() if len(group) > 1 else 0.0 for group in groups]
    return float(np.average(variances, weights=freedoms)), sum(freedoms)


def less_null(changes: np.ndarray, null: np.ndarray, between: float, freedom: int) -> Family:
    """Test the cells of trainings (T, N, C) against those of trainings without the relation (M, N, C), same patients.

    What a model or a read-out confuses all the same goes out. A training is a draw, too: two that differ in their seed
    alone draw other relations by chance, and no number of patients tells. The error is that between trainings, of
    variance `between`, with that between the patients, whom all share; p is Student's, Bonferroni's over the cells.
    """
    difference = changes.mean(0) - null.mean(0)
    error = np.sqrt(between * (1 / len(changes) + 1 / len(null)) + difference.var(0, ddof=1) / len(difference))
    mean = difference.mean(0)
    p = np.minimum(1, 2 * student_t.sf(np.abs(mean) / error, freedom) * len(mean))
    reach = student_t.isf(0.025, freedom) * error
    return Family(mean, p, mean - reach, mean + reach)


def detection_rates(
    test: Test, patients: int, cells: Sequence[int], n: int, draws: int = 200, level: float = 0.05, seed: int = 0
) -> list[float]:
    """How often each of `cells`, and how often any other, is found at `level` in draws of n of so many patients.

    Drawn without replacement, n patients are as good as new ones, the trained models being the same; drawn with
    replacement, they would share what all have by chance, and a null would be found too often.
    """
    rng = np.random.default_rng(seed)
    found = np.array([test(rng.permutation(patients)[:n]).p <= level for _ in range(draws)])
    return [*found[:, cells].mean(0).tolist(), float(np.delete(found, cells, axis=1).any(1).mean())]

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
"""test(changes) -> what it says of their cells."""


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


def over_trainings(changes: np.ndarray) -> Family:
    """Test all cells of changes (T trainings, N patients, C cells) against 0 as what every training would show.

    A training is a draw, too: two that differ in their seed alone draw other relations by chance, and no number of
    patients tells. The error of a cell's mean is that between trainings, pooled over the cells, with that between
    patients, whom all trainings share; p is Student's with (T - 1) C degrees of freedom, Bonferroni's over the cells.
    Raises ValueError for less than two trainings.
    """
    trainings, n, cells = changes.shape
    if trainings < 2:
        raise ValueError("what trainings differ in takes two of them")
    each, of_patients = changes.mean(1), changes.mean(0)
    between = each.var(0, ddof=1).mean()
    error = np.sqrt(between / trainings + of_patients.var(0, ddof=1) / n)
    mean, freedom = each.mean(0), (trainings - 1) * cells
    p = np.minimum(1, 2 * student_t.sf(np.abs(mean) / error, freedom) * cells)
    reach = student_t.isf(0.025, freedom) * error
    return Family(mean, p, mean - reach, mean + reach)


def detection_rates(
    test: Test, changes: np.ndarray, cells: Sequence[int], n: int, draws: int = 200, level: float = 0.05, seed: int = 0
) -> list[float]:
    """How often each of `cells`, and how often any other, is found at `level` in draws of n patients.

    changes: (N, C), or (T, N, C) of trainings. Drawn without replacement, n patients are as good as new ones, the
    trained models being the same; drawn with replacement, they would share what the N have by chance, and a null would
    be found too often.
    """
    rng, patients = np.random.default_rng(seed), changes.shape[-2]
    chosen = [rng.permutation(patients)[:n] for _ in range(draws)]
    found = np.array([test(changes[..., rows, :]).p <= level for rows in chosen])
    return [*found[:, cells].mean(0).tolist(), float(np.delete(found, cells, axis=1).any(1).mean())]

"""Which attributes move when another is edited: a matrix of mean changes, tested as one family.

A cell says that two things move together in what a model draws. It does not say that one causes the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Family:
    """Mean change of each cell (C,), its adjusted p (C,), and its 95 % interval `low` to `high` (C,), each alone."""

    mean: np.ndarray
    p: np.ndarray
    low: np.ndarray
    high: np.ndarray


def max_t(changes: np.ndarray, flips: int = 2000, seed: int = 0) -> Family:
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


def detection_rates(
    changes: np.ndarray, cells: Sequence[int], n: int, draws: int = 200, level: float = 0.05, seed: int = 0
) -> list[float]:
    """How often each of `cells`, and how often any other, is found at `level` in draws of n patients of changes (N, C).

    Drawn without replacement, n patients are as good as new ones, the trained models being the same; drawn with
    replacement, they would share what the N have by chance, and a null would be found too often.
    """
    rng = np.random.default_rng(seed)
    found = np.array(
        [max_t(changes[rng.permutation(len(changes))[:n]], 500, i).p <= level for i in range(draws)]
    )  # fmt: skip
    return [*found[:, cells].mean(0).tolist(), float(np.delete(found, cells, axis=1).any(1).mean())]

"""Intervals that know patients: images of one patient are drawn together."""

from collections.abc import Callable

import numpy as np

Statistic = Callable[[np.ndarray], float]


def interval(
    statistic: Statistic, patients: np.ndarray, draws: int = 1000, seed: int = 0
) -> tuple[float, float, float]:
    """statistic(rows) over all rows, and its 95 % percentile interval by drawing patients with replacement.

    `patients` (N,) says whose row each is; `statistic` maps row numbers (any length, with repeats) to a number. Draws
    where it is NaN are passed over.
    """
    rng = np.random.default_rng(seed)
    _, whose = np.unique(patients, return_inverse=True)
    rows_of = np.split(np.argsort(whose, kind="stable"), np.cumsum(np.bincount(whose))[:-1])
    drawn = [
        statistic(np.concatenate([rows_of[i] for i in rng.integers(len(rows_of), size=len(rows_of))]))
        for _ in range(draws)
    ]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return float(statistic(np.arange(len(patients)))), float(low), float(high)


def mean_interval(values: np.ndarray, patients: np.ndarray, draws: int = 1000, seed: int = 0) -> dict[str, float]:
    """Mean of values (N,) with its interval: {"value", "low", "high", "n"}."""
    value, low, high = interval(lambda rows: float(np.mean(values[rows])), patients, draws, seed)
    return {"value": value, "low": low, "high": high, "n": len(values)}

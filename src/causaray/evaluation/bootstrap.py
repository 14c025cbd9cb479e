"""Intervals that know patients: images of one patient are drawn together."""

from collections.abc import Callable

import numpy as np

Statistic = Callable[[np.ndarray], float]
Estimate = dict[str, float]
"""A figure as metrics.json holds it: value, low, high (95 % interval), n (rows) and patients."""


def interval(
    statistic: Statistic, patients: np.ndarray, draws: int = 1000, seed: int = 0
) -> tuple[float, float, float]:
    """statistic(rows) over all rows, and its 95 % percentile interval by drawing patients with replacement.

    `patients` (N,) says whose row each is; `statistic` maps row numbers (any length, with repeats) to a number, and
    compares in pairs whatever it looks up by the same rows. Draws where it is NaN are passed over.
    """
    rng = np.random.default_rng(seed)
    _, whose = np.unique(patients, return_inverse=True)
    rows_of = np.split(np.argsort(whose, kind="stable"), np.cumsum(np.bincount(whose))[:-1])
    drawn = [
        statistic(np.concatenate([rows_of[i] for i in rng.integers(len(rows_of), size=len(rows_of))]))
        for _ in range(draws)
    ]
    low, high = np.quantile([d for d in drawn if not np.isnan(d)] or [np.nan], [0.025, 0.975])
    return float(statistic(np.arange(len(patients)))), float(low), float(high)


def estimate(statistic: Statistic, patients: np.ndarray, draws: int = 1000, seed: int = 0) -> Estimate:
    """The same as {"value", "low", "high", "n", "patients"}."""
    value, low, high = interval(statistic, patients, draws, seed)
    return {"value": value, "low": low, "high": high, "n": len(patients), "patients": len(np.unique(patients))}


def mean_interval(values: np.ndarray, patients: np.ndarray, draws: int = 1000, seed: int = 0) -> Estimate:
    """Mean of values (N,), numbers or truths, with its interval."""
    return estimate(lambda rows: float(np.mean(values[rows])), patients, draws, seed)

"""Intervals that know patients: images of one patient are drawn together."""

from collections.abc import Callable, Iterator

import numpy as np

Statistic = Callable[[np.ndarray], float]
Estimate = dict[str, float]
"""A figure as metrics.json holds it: value, low, high (95 % interval), n (rows) and patients."""


class Drawn(dict[str, float]):
    """An `Estimate` that keeps what it was in each draw, so that two of the same patients can be compared in pairs.

    `draws` (D,) are the statistic over each draw, NaN where it was passed over; `drawn` tells which draws these were.
    """

    def __init__(self, figure: Estimate, draws: np.ndarray, drawn: tuple[int, int, bytes]) -> None:
        super().__init__(figure)
        self.draws, self.drawn = draws, drawn


def interval(
    statistic: Statistic, patients: np.ndarray, draws: int = 1000, seed: int = 0
) -> tuple[float, float, float]:
    """statistic(rows) over all rows, and its 95 % percentile interval by drawing patients with replacement.

    `patients` (N,) says whose row each is; `statistic` maps row numbers (any length, with repeats) to a number, and
    compares in pairs whatever it looks up by the same rows. Draws where it is NaN are passed over.
    """
    return float(statistic(np.arange(len(patients)))), *percentiles(_over_draws(statistic, patients, draws, seed))


def estimate(statistic: Statistic, patients: np.ndarray, draws: int = 1000, seed: int = 0) -> Estimate:
    """The same as {"value", "low", "high", "n", "patients"}, a `Drawn`."""
    over = _over_draws(statistic, patients, draws, seed)
    return figure(float(statistic(np.arange(len(patients)))), over, patients, seed)


def figure(value: float, over: np.ndarray, patients: np.ndarray, seed: int = 0) -> Estimate:
    """The `Drawn` of a statistic that is `value` over all rows, and `over` (D,) over the draws of `resamples`."""
    people, whose = np.unique(patients, return_inverse=True)
    low, high = percentiles(over)
    found = {"value": value, "low": low, "high": high, "n": len(patients), "patients": len(people)}
    return Drawn(found, over, (seed, len(over), whose.tobytes()))


def difference(one: Estimate, other: Estimate) -> Estimate | None:
    """one - other of the same rows, with the interval of the difference; None unless both were drawn alike.

    What the patients of a draw have in common cancels: far narrower than what the two intervals would suggest.
    """
    if not (isinstance(one, Drawn) and isinstance(other, Drawn) and one.drawn == other.drawn):
        return None
    low, high = percentiles(one.draws - other.draws)
    return {**one, "value": one["value"] - other["value"], "low": low, "high": high}


def percentiles(draws: np.ndarray) -> tuple[float, float]:
    """The ends of the 95 % interval of a statistic over draws (D,); those that are NaN are passed over."""
    known = draws[~np.isnan(draws)]
    low, high = np.quantile(known if len(known) else [np.nan], [0.025, 0.975])
    return float(low), float(high)


def draw_patients(patients: np.ndarray, draws: int, seed: int) -> Iterator[np.ndarray]:
    """Rows of as many patients as there are, drawn with replacement, `draws` times; patients (N,) own them."""
    rng = np.random.default_rng(seed)
    _, whose = np.unique(patients, return_inverse=True)
    rows_of = np.split(np.argsort(whose, kind="stable"), np.cumsum(np.bincount(whose))[:-1])
    for _ in range(draws):
        yield np.concatenate([rows_of[i] for i in rng.integers(len(rows_of), size=len(rows_of))])


def resamples(patients: np.ndarray, draws: int = 1000, seed: int = 0) -> np.ndarray:
    """How often each row is in each of the draws of `draw_patients`: (draws, N), for statistics that are sums."""
    return np.stack([np.bincount(rows, minlength=len(patients)) for rows in draw_patients(patients, draws, seed)])


def _over_draws(statistic: Statistic, patients: np.ndarray, draws: int, seed: int) -> np.ndarray:
    return np.array([statistic(rows) for rows in draw_patients(patients, draws, seed)])


def mean_interval(values: np.ndarray, patients: np.ndarray, draws: int = 1000, seed: int = 0) -> Estimate:
    """Mean of values (N,), numbers or truths, with its interval."""
    return estimate(lambda rows: float(np.mean(values[rows])), patients, draws, seed)


def known_mean(values: np.ndarray, patients: np.ndarray, draws: int = 1000, seed: int = 0) -> Estimate | None:
    """`mean_interval` of the values (N,) that are not NaN; None when all are."""
    known = np.isfinite(values)
    return mean_interval(values[known], patients[known], draws, seed) if known.any() else None


def ratio_of_means(
    top: np.ndarray, bottom: np.ndarray, patients: np.ndarray, draws: int = 1000, seed: int = 0
) -> Estimate:
    """Mean of top (N,) as a share of the mean of bottom (N,), of the same rows; NaN where the latter is nothing."""

    def ratio(rows: np.ndarray) -> float:
        whole = bottom[rows].sum()
        return float(top[rows].sum() / whole) if whole else float("nan")

    return estimate(ratio, patients, draws, seed)

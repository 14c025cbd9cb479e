"""Whether one method is better than another over the runs of a cross-validation, whose runs share training cases."""

import numpy as np
from scipy.stats import t as student_t


def corrected_difference(differences: np.ndarray, held_out: float) -> dict[str, float]:
    """Mean of differences (R,) of two methods, run by run, with its 95 % interval and two-sided p value.

    The corrected resampled t-test (Nadeau and Bengio 2003): the variance of the mean is (1 / R + n_test / n_train)
    times that of the runs, since runs that train on the same cases are not independent. held_out: share of the cases
    that is held out in a run. Interval and p are NaN of fewer than two runs.
    """
    runs, mean = len(differences), float(np.mean(differences))
    if runs < 2:
        return {"value": mean, "low": float("nan"), "high": float("nan"), "p": float("nan")}
    deviation = float(np.std(differences, ddof=1)) * (1 / runs + held_out / (1 - held_out)) ** 0.5
    half = deviation * float(student_t.ppf(0.975, runs - 1))
    p = 2 * float(student_t.sf(abs(mean) / deviation, runs - 1)) if deviation else float(mean == 0)
    return {"value": mean, "low": mean - half, "high": mean + half, "p": p}

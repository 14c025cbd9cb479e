"""Area under the ROC curve, with the uncertainty that comes of having few patients."""

import numpy as np
from scipy.stats import rankdata


def auroc(truth: np.ndarray, score: np.ndarray) -> float:
    """The share of (positive, negative) pairs whose scores are in the right order, a tie counting half."""
    positives = truth == 1
    n, m = positives.sum(), (~positives).sum()
    return float((rankdata(score)[positives].sum() - n * (n + 1) / 2) / (n * m))


def auroc_interval(
    truth: np.ndarray, score: np.ndarray, patient: np.ndarray, draws: int = 1000, seed: int = 0
) -> tuple[float, float, float]:
    """AUROC and its 95 % interval, by drawing patients (not images) with replacement.

    `truth` (N,) is 1 or 0, `score` (N,) any real number, `patient` (N,) says whose image each is. NaN, three times,
    when only one class is there; draws with one class are passed over.
    """
    if len(np.unique(truth)) < 2:
        return (float("nan"),) * 3
    rng = np.random.default_rng(seed)
    _, whose = np.unique(patient, return_inverse=True)
    rows_of = np.split(np.argsort(whose, kind="stable"), np.cumsum(np.bincount(whose))[:-1])
    drawn = []
    for _ in range(draws):
        rows = np.concatenate([rows_of[i] for i in rng.integers(len(rows_of), size=len(rows_of))])
        if len(np.unique(truth[rows])) == 2:
            drawn.append(auroc(truth[rows], score[rows]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return auroc(truth, score), float(low), float(high)

"""Area under the ROC curve, with the uncertainty that comes of having few patients."""

import numpy as np
from scipy.stats import rankdata

from causaray.evaluation.statistics.bootstrap import interval


def auroc(truth: np.ndarray, score: np.ndarray) -> float:
    """The share of (positive, negative) pairs whose scores are in the right order, a tie counting half.

    NaN when only one class is there.
    """
    positives = truth == 1
    n, m = int(positives.sum()), int((~positives).sum())
    return float((rankdata(score)[positives].sum() - n * (n + 1) / 2) / (n * m)) if n and m else float("nan")


def auroc_interval(
    truth: np.ndarray, score: np.ndarray, patient: np.ndarray, draws: int = 1000, seed: int = 0
) -> tuple[float, float, float]:
    """AUROC and its 95 % interval, by drawing patients (not images) with replacement.

    `truth` (N,) is 1 or 0, `score` (N,) any real number, `patient` (N,) says whose image each is. NaN, three times,
    when only one class is there; draws with one class are passed over.
    """
    return interval(lambda rows: auroc(truth[rows], score[rows]), patient, draws, seed)

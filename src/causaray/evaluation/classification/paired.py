"""Is one classifier better than another on the same images?"""

import numpy as np

from causaray.evaluation.statistics.bootstrap import Estimate, Statistic, estimate


def mcnemar(one: np.ndarray, other: np.ndarray) -> dict[str, float]:
    """The exact McNemar test of two classifiers that were correct, 1 or 0, on the same images (N,) each.

    Returns "only_one" and "only_other", on how many images one alone was right, and "p", the two-sided probability of
    a split as uneven as that were both equally good (binomial, no approximation). It takes images as independent: of
    several images a patient, use `paired_difference`.
    """
    from scipy.stats import binomtest

    only_one, only_other = (int(((a == 1) & (b == 0)).sum()) for a, b in ((one, other), (other, one)))
    differing = only_one + only_other
    p = float(binomtest(only_one, differing).pvalue) if differing else 1.0
    return {"only_one": only_one, "only_other": only_other, "p": p}


def paired_difference(
    one: Statistic, other: Statistic, patients: np.ndarray, draws: int = 1000, seed: int = 0
) -> Estimate:
    """one - other with its 95 % interval by drawing patients, both over the same rows of each draw.

    A statistic maps row numbers to a figure, such as `lambda rows: ece(truth[rows], score[rows])`. patients (N,).
    """
    return estimate(lambda rows: one(rows) - other(rows), patients, draws, seed)

"""F1: does the judge, at a threshold taken from real images, call what was asked for and nothing else?"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from causaray.evaluation.statistics.bootstrap import Estimate, Statistic, estimate, ratio_of_means


def f1(truth: np.ndarray, called: np.ndarray) -> float:
    """2 TP / (2 TP + FP + FN) of truth (N,), 1 or 0, and called (N,) bool; NaN when neither holds a positive."""
    positives = truth.sum() + called.sum()
    return float(2 * (truth * called).sum() / positives) if positives else float("nan")


def edits_f1(added: np.ndarray, removed: np.ndarray, threshold: float) -> Statistic:
    """F1 of the scores (N,) of images edited to show a finding, truth 1, and of the same edited not to, truth 0."""
    up, down = added >= threshold, removed >= threshold
    return lambda rows: f1(np.repeat([1, 0], len(rows)), np.concatenate([up[rows], down[rows]]))


def real_f1(
    truth: np.ndarray, score: np.ndarray, threshold: float, patients: np.ndarray, seed: int = 0
) -> Estimate | None:
    """The judge's own F1 on real images, where truth (N,) is 1 or 0 and not NaN; None when that is not both."""
    known = np.isfinite(truth)
    truth, called = truth[known], score[known] >= threshold
    if len(np.unique(truth)) < 2:
        return None
    return estimate(lambda rows: f1(truth[rows], called[rows]), patients[known], seed=seed)


def f1_of_sets(said: Sequence[frozenset[Any]], known: Sequence[frozenset[Any]], patients: np.ndarray) -> Estimate:
    """F1 of what is said of each row against what is known of it, over all rows, with its interval by patient.

    NaN where nothing is said and nothing known.
    """
    both = [(2 * len(one & other), len(one) + len(other)) for one, other in zip(said, known, strict=True)]
    same, whole = np.array(both, float).reshape(-1, 2).T
    return ratio_of_means(same, whole, patients)

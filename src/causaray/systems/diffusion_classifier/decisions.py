"""What the draws say together: a score an image, positive for present.

Of two classes the sign of the paired t is that of the mean, and the sign of the median difference that of the vote.
They differ in how sure they are: in whom they would leave to a reader, and where a threshold is chosen.
"""

from collections.abc import Callable, Mapping

import numpy as np

Evidence = np.ndarray
"""Differences (B, N): error of a draw when told absent, less that when told present."""
BINS = 8
"""Parts of equal length of the times of a network, in which draws weigh alike in the weighted mean."""
LARGEST = 1e5
"""Of a paired t, where all draws are alike."""


def vote(evidence: Evidence) -> np.ndarray:
    """Majority vote (the paper's): the share of draws for present less the share for absent, in [-1, 1]."""
    return np.sign(evidence).mean(1)


def mean(evidence: Evidence) -> np.ndarray:
    """The mean difference, whose sign says which class has the least mean error (Li et al. 2023)."""
    return evidence.mean(1)


def paired_t(evidence: Evidence) -> np.ndarray:
    """The mean difference in its standard errors; of a single draw, the difference."""
    n = evidence.shape[1]
    if n < 2:
        return evidence[:, 0]
    average, error = evidence.mean(1), evidence.std(1, ddof=1) / np.sqrt(n)
    return average / np.maximum(error, np.abs(average) / LARGEST + np.finfo(float).tiny)


def weighted_mean(evidence: Evidence, weights: np.ndarray) -> np.ndarray:
    """The mean of draws that weigh `weights` (N,)."""
    return evidence @ weights / max(weights.sum(), np.finfo(float).tiny)


def bin_weights(evidence: Evidence, present: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """The precision of each bin of times (BINS,), from images (B,) of which it is known whether they show the finding.

    A draw of a bin in which the classes differ by delta, with variance s^2 within them, tells the class, scaled to one,
    with variance (s / delta)^2. Weighing these by their precision weighs the draw itself by delta / s^2.
    """
    found = np.zeros(BINS)
    for one in np.unique(bins):
        ill, well = (evidence[present == state][:, bins == one] for state in (True, False))
        variance = (ill.var() + well.var()) / 2
        found[one] = max(ill.mean() - well.mean(), 0) / variance if variance > 0 else 0.0
    return found


def bins_of(network_time: np.ndarray) -> np.ndarray:
    """Number of the bin of each time (N,) in [0, 1]."""
    return np.minimum((network_time * BINS).astype(int), BINS - 1)


DECISIONS: Mapping[str, Callable[..., np.ndarray]] = {
    "vote": vote,
    "mean": mean,
    "paired t": paired_t,
    "weighted mean": weighted_mean,
}
"""Name -> score; the weighted mean alone takes weights, too."""


def score(decision: str, evidence: Evidence, weights: np.ndarray) -> np.ndarray:
    """The score (B,) of one of DECISIONS; weights (N,) are those of the weighted mean."""
    rule = DECISIONS[decision]
    return rule(evidence, weights) if rule is weighted_mean else rule(evidence)

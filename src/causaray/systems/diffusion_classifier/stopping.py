"""Sequential stopping: an image is drawn for until its evidence suffices."""

import numpy as np

from causaray.systems.diffusion_classifier.decisions import Evidence, paired_t

FIRST, EVERY = 5, 2
"""Draws before the first look, and from one look to the next."""
NEVER = 1e6
"""A bound that no evidence meets."""


def looks(draws: int) -> list[int]:
    """After how many draws it is asked whether they suffice; the last is `draws`."""
    return [*range(min(FIRST, draws), draws, EVERY), draws]


def suffices(evidence: Evidence, bound: float) -> np.ndarray:
    """Whether the paired t of what was drawn (B, n) is `bound` or more, either way."""
    return np.abs(paired_t(evidence)) >= bound


def drawn_until(evidence: Evidence, bound: float) -> np.ndarray:
    """How many of the draws (B, N) each image needs, (B,): N where the bound is never met."""
    needed = np.full(len(evidence), evidence.shape[1])
    for n in reversed(looks(evidence.shape[1])):
        needed[suffices(evidence[:, :n], bound)] = n
    return needed


def stopped_scores(evidence: Evidence, needed: np.ndarray) -> np.ndarray:
    """The paired t (B,) of the draws that each image needed."""
    found = np.empty(len(evidence))
    for n in np.unique(needed):
        found[needed == n] = paired_t(evidence[needed == n, :n])
    return found


def choose_bound(evidence: Evidence, present: np.ndarray, lost: float = 0.005) -> float:
    """The least bound at which no more than `lost` of the accuracy of all draws is lost, on images of split val.

    NEVER where there is none.
    """
    whole = ((paired_t(evidence) > 0) == present).mean()
    for bound in np.arange(1.0, 6.01, 0.25):
        scores = stopped_scores(evidence, drawn_until(evidence, bound))
        if ((scores > 0) == present).mean() >= whole - lost:
            return float(bound)
    return NEVER

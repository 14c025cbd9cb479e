"""CFRT: does the attribute asked for change more along a trajectory than another one (arXiv 2503.23623)?"""

from typing import Any

import numpy as np
from scipy.stats import binomtest

from causaray.evaluation.statistics.bootstrap import mean_interval

LATE = 0.6
"""The part of a film that counts as changed begins here: frames 30 to 49 of 50."""


def late_frames(frames: int) -> np.ndarray:
    """Numbers of the frames that count as changed."""
    return np.arange(round(LATE * frames), frames)


def late_change(probability: np.ndarray) -> np.ndarray:
    """Mean change (N,) of probabilities (N, 1 + L): the late frames' mean less the first frame's."""
    return probability[:, 1:].mean(1) - probability[:, 0]


def cfrt(target: np.ndarray, other: np.ndarray) -> dict[str, Any]:
    """The share of seeds whose change of the target (N,) is above that of the other attribute (N,).

    With Wilson's 95 % interval, n, and both mean changes with intervals over seeds: the share compares two changes
    alone and is high where both are next to nothing.
    """
    above, n = int((target > other).sum()), len(target)
    found = binomtest(above, n).proportion_ci(method="wilson")
    seeds = np.arange(n)
    return {
        "cfrt": {"value": above / n, "low": float(found.low), "high": float(found.high), "n": n},
        "target_change": dict(mean_interval(target, seeds)),
        "other_change": dict(mean_interval(other, seeds)),
    }

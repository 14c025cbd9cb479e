"""Does more of a finding asked for mean more of it seen?"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from causaray.evaluation.statistics.bootstrap import mean_interval


def rising(changes: np.ndarray) -> np.ndarray:
    """Whether each image's changes (L, N), from the mildest request to the severest, rise at every step: bool (N,)."""
    return np.all(np.diff(changes, axis=0) > 0, axis=0)


def by_severity(changes: Mapping[str, np.ndarray], patients: np.ndarray, seed: int = 0) -> dict[str, Any]:
    """The judge's change of the asked finding (N,) at each requested severity, mildest first, of the same N images.

    Returns: "change": severity -> its mean; "rising": the share of images whose change grows at every step, beside
    "rising_shuffled", the same with the severities of each image in random order (1 / L! but for ties); "slope": the
    mean, over images, of the least-squares change a step. Severity is by convention, so it is order that is asked, not
    size.
    """
    stacked = np.stack(list(changes.values()))
    steps = np.arange(len(stacked)) - (len(stacked) - 1) / 2
    dealt = np.random.default_rng(seed).permuted(stacked, axis=0)
    return {
        "change": {severity: mean_interval(one, patients, seed=seed) for severity, one in changes.items()},
        "rising": mean_interval(rising(stacked), patients, seed=seed),
        "rising_shuffled": mean_interval(rising(dealt), patients, seed=seed),
        "slope": mean_interval(steps @ stacked / (steps @ steps), patients, seed=seed),
    }

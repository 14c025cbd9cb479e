"""Accuracy by group, and of the worst."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from causaray.errors import BadInput
from causaray.evaluation.statistics.bootstrap import estimate, mean_interval


def group_accuracy(
    correct: np.ndarray, group: np.ndarray, names: Sequence[str], patients: np.ndarray, seed: int = 0
) -> dict[str, Any]:
    """Accuracy of each group and of the worst, with 95 % intervals by patient.

    correct (N,) is 1 or 0, group (N,) the number of each image's group in `names`, patients (N,) whose it is.

    Returns "groups": name -> its `Estimate`; "worst": the estimate of the least accuracy of any group, taken anew in
    each draw, with its "group"; "mean": over all images; "balanced": the mean over groups.
    Raises BadInput for a group without images.
    """
    counts = np.bincount(group, minlength=len(names))
    if not counts.all():
        raise BadInput(f"The group {names[int(counts.argmin())]} has no images, so nothing can be said of the worst.")

    def accuracies(rows: np.ndarray) -> np.ndarray:
        """(m,), NaN of a group that is not drawn."""
        drawn = np.bincount(group[rows], minlength=len(names))
        right = np.bincount(group[rows], weights=correct[rows], minlength=len(names))
        return np.divide(right, drawn, out=np.full(len(names), np.nan), where=drawn > 0)

    members = [np.flatnonzero(group == g) for g in range(len(names))]
    return {
        "groups": {
            name: mean_interval(correct[rows], patients[rows], seed=seed)
            for name, rows in zip(names, members, strict=True)
        },
        "worst": {
            **estimate(lambda rows: float(np.nanmin(accuracies(rows))), patients, seed=seed),
            "group": names[int(accuracies(np.arange(len(group))).argmin())],
        },
        "mean": mean_interval(correct, patients, seed=seed),
        "balanced": estimate(lambda rows: float(np.nanmean(accuracies(rows))), patients, seed=seed),
    }

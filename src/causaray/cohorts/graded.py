"""Severity and side as labels, for cohorts that tell them: a column for each side of a finding."""

import json
import re
from collections.abc import Sequence

import numpy as np

from causaray.cohorts.cohort import Cohort
from causaray.vocabulary import PATIENT_SIDES

_SEVERITY = re.compile(r"right ([\d.]+), left ([\d.]+)")


def graded_labels(cohort: Cohort, names: Sequence[str]) -> np.ndarray:
    """float32 (N, 2 * len(names)) of `graded_columns`: severity in (0, 1], 0 absent, NaN where it is not told.

    A row tells of a finding that it lacks by its label alone, and of one that it shows by a detail such as
    "Pleural Effusion": "right 0.000, left 0.412" beside it, as `prepare_phantom` writes it.
    """
    labels = cohort.labels(names)
    graded = np.where(labels == 0, 0.0, np.nan).repeat(len(PATIENT_SIDES), axis=1).astype(np.float32)
    for i, row in enumerate(cohort.table["row"]):
        told = json.loads(row)
        for j, name in enumerate(names):
            if labels[i, j] == 1 and (found := _SEVERITY.fullmatch(str(told.get(name, "")))):
                graded[i, 2 * j : 2 * j + 2] = [float(value) for value in found.groups()]
    return graded

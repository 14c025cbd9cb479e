"""Which labels of which cohort may be learned from or judged by."""

from collections.abc import Sequence

import numpy as np

from causaray.cohorts.cohort import Cohort

# Most of NIH's pneumonias come from one source: there it is the source that would be learned.
ONLY_IN = {"Pneumonia": "kermany"}


def trusted_labels(cohort: Cohort, names: Sequence[str]) -> np.ndarray:
    """float32 (N, n): 1 present, 0 absent, NaN where unknown, uncertain, or asked of a cohort that cannot answer.

    A finding that a cohort never shows, or never lacks, is no question to it: its label would stand for the cohort.
    Raises BadInput for a name that is no finding of a cohort.
    """
    labels = np.where(cohort.labels(names) < 0, np.nan, cohort.labels(names))
    source = cohort.table["cohort"].to_numpy()
    for j, name in enumerate(names):
        for one in np.unique(source):
            rows = source == one
            both = (labels[rows, j] == 1).any() and (labels[rows, j] == 0).any()
            if not both or ONLY_IN.get(name, one) != one:
                labels[rows, j] = np.nan
    return labels

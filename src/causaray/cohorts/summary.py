"""A prepared cohort in numbers, and a few of its images: nothing that names a patient."""

from typing import Any

import numpy as np
import pandas as pd

from causaray.cohorts.cohort import Cohort
from causaray.findings import NAMES

UNKNOWN = "unknown"
DECADE = 10


def summary(cohort: Cohort) -> dict[str, Any]:
    """Counts: `images`, `patients`, by `splits`, `views`, `sexes` and `ages` (decades), and `findings`.

    Each of `findings` that is said of any image has `name`, and images in which it is `present`, `absent` and
    `uncertain`, and those of split train that show it, `training`; the most common first.
    """
    table = cohort.table
    people = table[["cohort", "patient"]].drop_duplicates()
    return {
        "name": cohort.name,
        "size": cohort.size,
        "images": len(table),
        "patients": len(people),
        "splits": _by(table["split"]),
        "views": _by(table["view"]),
        "sexes": _by(table["sex"]),
        "ages": _decades(table["age"].to_numpy(float)),
        "findings": sorted(_findings(cohort), key=lambda one: -one["present"]),
    }


def examples(cohort: Cohort, finding: str, most: int) -> np.ndarray:
    """Images (n, size, size) in [0, 1] that show a finding, at most so many, always the same, of different patients
    as far as there are."""
    rows = np.flatnonzero(cohort.labels([finding])[:, 0] == 1)
    drawn = np.random.default_rng(0).permutation(rows)
    repeated = cohort.table.iloc[drawn].duplicated(["cohort", "patient"]).to_numpy()
    return cohort.images(np.concatenate([drawn[~repeated], drawn[repeated]])[:most])[:, 0]


def _by(column: pd.Series) -> dict[str, int]:
    return {str(value): int(n) for value, n in column.fillna(UNKNOWN).value_counts().items()}


def _decades(ages: np.ndarray) -> dict[str, int]:
    known = np.sort(ages[np.isfinite(ages)])
    decades, counts = np.unique((known // DECADE).astype(int), return_counts=True)
    found = {f"{DECADE * d} to {DECADE * d + DECADE - 1}": int(n) for d, n in zip(decades, counts, strict=True)}
    return found | ({UNKNOWN: len(ages) - len(known)} if len(known) < len(ages) else {})


def _findings(cohort: Cohort) -> list[dict[str, Any]]:
    labels, training = cohort.labels(), (cohort.table["split"] == "train").to_numpy(bool)
    found = []
    for name, column in zip(NAMES, labels.T, strict=True):
        counts = {state: int((column == code).sum()) for state, code in STATES.items()}
        if any(counts.values()):
            found.append({"name": name, **counts, "training": int((column[training] == 1).sum())})
    return found


STATES = {"present": 1, "absent": 0, "uncertain": -1}
"""As a prepared cohort codes them."""

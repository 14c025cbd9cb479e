"""The radiology reports of a cohort: a column of its table, or drawn with its phantoms."""

import json

import numpy as np

from causaray.cohorts.cohort import Cohort
from causaray.cohorts.phantom.cohort import NAME, phantoms
from causaray.cohorts.phantom.reports import report
from causaray.errors import BadInput

COLUMN = "report"


def has_reports(cohort: Cohort) -> bool:
    """Whether each row has a report; none is drawn to know."""
    written = cohort.table["row"][cohort.table["cohort"] != NAME]
    return all(json.loads(row).get(COLUMN) for row in written)


def reports_of(cohort: Cohort) -> list[str]:
    """The report of each row. Phantoms' are drawn, the same every time, from what each is.

    Raises BadInput when a row has none.
    """
    found = np.empty(len(cohort), dtype=object)
    drawn = (cohort.table["cohort"] == NAME).to_numpy()
    for i in np.flatnonzero(~drawn):
        text = json.loads(cohort.table["row"].iloc[i]).get(COLUMN)
        if not text:
            raise BadInput(f"{cohort.name} has images without a report; its table needs a column `{COLUMN}`.")
        found[i] = text
    if drawn.any():
        found[drawn] = _phantom_reports(cohort.subset(mask=drawn))
    return list(found)


def _phantom_reports(cohort: Cohort) -> np.ndarray:
    told = np.empty(len(cohort), dtype=object)
    for rows, part in phantoms(cohort):
        for i, row in enumerate(rows):
            sex, view = ("M" if part.values["male"][i] else "F"), ("AP" if part.values["anteroposterior"][i] else "PA")
            rng = np.random.default_rng((part.seed, int(part.indices[i])))
            told[row] = report(part.findings[i], rng, age=float(part.values["age"][i]), sex=sex, view=view)
    return told

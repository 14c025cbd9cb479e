"""Problems of real radiographs: findings given age, sex and view, and the age of a chest given sex."""

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from causaray.cohorts import Cohort
from causaray.cohorts.trust import trusted_labels
from causaray.errors import BadInput
from causaray.findings import NAMES
from causaray.nets.guide import resized
from causaray.nets.tabular import Column, find_columns, table_values
from causaray.systems.hyperfusion.problem import Problem

AGE = "age"
FEWEST = 60
"""A finding is read when so many films show it, so that each of five folds has a dozen."""


def cohort_table(cohort: Cohort, names: Sequence[str]) -> pd.DataFrame:
    """Columns of a cohort, those that it was prepared with (age, sex, view) or any other of its source's table.

    Raises BadInput for a column that no row has.
    """
    rows = pd.DataFrame([json.loads(row) for row in cohort.table["row"]])
    made = {}
    for name in names:
        if name in (AGE, "sex", "view"):
            made[name] = cohort.table[name].replace("", np.nan)
        elif name in rows:
            made[name] = rows[name]
        else:
            raise BadInput(f"No row of {cohort.name} has a column {name}; there are {', '.join(map(str, rows))}.")
    return pd.DataFrame(made)


def findings_shown(cohort: Cohort, fewest: int = FEWEST) -> tuple[str, ...]:
    """Findings that so many films show, and as many lack, by labels that can be trusted. "No Finding" is none."""
    labels = trusted_labels(cohort, NAMES)
    often = np.minimum((labels == 1).sum(0), (labels == 0).sum(0)) >= fewest
    return tuple(name for name, enough in zip(NAMES, often, strict=True) if enough and name != "No Finding")


def findings_problem(
    cohort: Cohort, columns: Sequence[str], size: int, names: Sequence[str] = (), known: Sequence[Column] = ()
) -> Problem:
    """Findings, those of `names` or all that are shown often enough, given columns of the table.

    known: what kinds of columns they are, where a training has said so. Raises BadInput where nothing can be read.
    """
    names = tuple(names) or findings_shown(cohort)
    if not names:
        raise BadInput(f"No finding is both shown and lacking in {FEWEST} films of {cohort.name}.")
    return _problem("findings", cohort, columns, size, trusted_labels(cohort, names), names, known)


def age_problem(cohort: Cohort, columns: Sequence[str], size: int, known: Sequence[Column] = ()) -> Problem:
    """The patient's age in years, where it is known. Raises BadInput where it nowhere is, or is among the columns."""
    if AGE in columns:
        raise BadInput("Age is what is read; leave it out of the columns.")
    cohort = cohort.subset(mask=cohort.table[AGE].notna())
    if not len(cohort):
        raise BadInput("The cohorts tell nobody's age.")
    years = cohort.table[AGE].to_numpy(np.float32)[:, None]
    return _problem(AGE, cohort, columns, size, years, (AGE,), known)


def _problem(
    name: str, cohort: Cohort, columns: Sequence[str], size: int, answers: np.ndarray, names: tuple[str, ...],
    known: Sequence[Column],
) -> Problem:  # fmt: skip
    table = cohort_table(cohort, columns)
    kinds = tuple(known) or find_columns(table, columns)
    images = torch.from_numpy(cohort.images(np.arange(len(cohort))))
    patients = (cohort.table["cohort"] + "/" + cohort.table["patient"]).to_numpy(str)
    values = table_values(table, kinds)
    return Problem(name, resized(images, size), kinds, values, answers, patients, names, number=name == AGE)

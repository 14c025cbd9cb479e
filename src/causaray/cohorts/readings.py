"""What may be believed of labels beyond `trusted_labels`: above all that a film is normal when an expert says so."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from causaray.cohorts.cohort import Cohort
from causaray.cohorts.trust import ONLY_IN, trusted_labels
from causaray.errors import BadInput

BESIDE = "read_as_normal.csv"
"""A table beside the images of a source: each `image` in it was read as normal."""
OPACITIES = ("Consolidation", "Infiltration", "Lung Opacity")
"""With one of these, that a report does not say pneumonia does not mean that there is none."""


def read_as_normal(cohort: Cohort) -> np.ndarray:
    """Boolean (N,): whose row has a column `reader` that ends in "Normal", or which BESIDE in the source lists.

    The source is looked up where it was when the cohort was prepared; where it is gone, only `reader` tells.
    Raises BadInput when BESIDE is there and has no column `image`.
    """
    listed = [_listed(Path(card["source"]) / BESIDE if "source" in card else None) for card in cohort.cards]
    told = zip(cohort.table["row"], cohort.table["image"], cohort.shard, strict=True) if "row" in cohort.table else ()
    found = [image in listed[shard] or _said(row) for row, image, shard in told]
    return np.array(found, bool) if found else np.zeros(len(cohort), bool)


def believed_labels(rows: Cohort, names: Sequence[str]) -> np.ndarray:
    """float32 (N, n): 1 present, 0 absent, NaN unknown. As `trusted_labels`, and beyond it:

    a film that radiologists read as normal shows nothing; and a finding that is asked of one cohort alone (ONLY_IN) is
    learned from the others too, so that it is not taken for a mark of that cohort (`elsewhere`).
    """
    labels = trusted_labels(rows, names)
    source = rows.table["cohort"].to_numpy()
    for name, cohort in ONLY_IN.items():
        if name in names and cohort in source:
            others = source != cohort
            labels[others, list(names).index(name)] = elsewhere(rows, name)[others]
    labels[read_as_normal(rows)] = 0
    return labels


def elsewhere(rows: Cohort, name: str) -> np.ndarray:
    """float32 (N,): a finding, pneumonia, as told by labels that nobody is judged by: present where it or COVID-19 is
    said, absent where the label says so and no opacity is told, else NaN."""
    said, covid, *opacities = rows.labels([name, "COVID-19", *OPACITIES]).T
    absent = (said == 0) & ~(np.stack(opacities) == 1).any(0)
    return np.where((said == 1) | (covid == 1), 1.0, np.where(absent, 0.0, np.nan)).astype(np.float32)


def _said(row: str) -> bool:
    return str(json.loads(row).get("reader", "")).endswith("Normal")


def _listed(path: Path | None) -> frozenset[str]:
    if path is None or not path.is_file():
        return frozenset()
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if "image" not in (rows.fieldnames or ()):
            raise BadInput(f"{path} has no column image, which says what films were read as normal.")
        return frozenset(row["image"] for row in rows)

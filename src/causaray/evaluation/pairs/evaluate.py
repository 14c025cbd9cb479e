"""Measure editors on drawn pairs, real films whose true counterfactuals are known, and write what was found."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from causaray.anatomy.reader import AnatomyReader
from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort
from causaray.errors import BadInput
from causaray.evaluation.against import differences
from causaray.evaluation.edits.candidates import Candidate
from causaray.evaluation.edits.edited_cohort import Progress, by_cohort
from causaray.evaluation.pairs.edits import EditedPairs, answerable, edit_pairs
from causaray.evaluation.pairs.measures import measure
from causaray.evaluation.pairs.pairs import Pairs
from causaray.evaluation.pairs.report import write_report
from causaray.evaluation.pairs.seen import Observer
from causaray.writing import make_folder

FAMILY = "truth"
"""The one family that is measured on pairs."""


@dataclass(frozen=True)
class Which:
    """The pairs to be measured: split, at most so many of each cohort, and whether any patient may be among them."""

    split: str
    limit: int | None
    seed: int
    allow_trained: bool


def evaluate_pairs(
    candidates: Sequence[Candidate],
    cohort: Cohort,
    judge: Judge,
    out: Path,
    which: Which,
    suite: Sequence[str],
    about: dict[str, Any],
    tell: Progress,
) -> dict[str, Any]:
    """Measure one candidate, or the first against the second, and write metrics.json, results.md and index.html.

    Returns: the contents of metrics.json.

    Raises:
        BadInput: for a suite without the family that is measured here, pairs whose truth is missing, a split with next
            to no pairs or learned from, edits that are missing, and weights of anatomy that are not there.
    """
    if FAMILY not in suite:
        raise BadInput(f"Of drawn pairs the family {FAMILY} is measured, not {', '.join(suite)}; say --suite {FAMILY}.")
    reader = AnatomyReader.load()
    plan = _plan(candidates, cohort, which)
    work = out / "unfinished"
    make_folder(work)
    observers = {pairs.name: Observer(pairs, judge, reader) for pairs, _ in plan}
    made = [[edit_pairs(one, pairs, work, tell) for pairs, _ in plan] for one in candidates]
    found = [
        {one.pairs.name: _measured(one, observers[one.pairs.name], left_out, which.seed, tell)
         for one, (_, left_out) in zip(several, plan, strict=True)}
        for several in made
    ]  # fmt: skip
    report: dict[str, Any] = {"about": {**about, **candidates[0].about()}, "cohorts": found[0]}
    if len(candidates) > 1:
        report["against"] = {"about": candidates[1].about(), "cohorts": found[1]}
        report["difference"] = differences(*found)
    write_report(report, made, out, which.seed)
    shutil.rmtree(work)
    return report


def _plan(candidates: Sequence[Candidate], cohort: Cohort, which: Which) -> list[tuple[Pairs, dict[str, int]]]:
    """The pairs of each cohort that all candidates know, and what was left out; refused before any edit."""
    parts = list(by_cohort(cohort, which.split, which.limit, which.seed))
    for one in candidates:
        one.check(cohort, which.split, which.allow_trained)
    return [answerable(candidates, Pairs.of(name, rows)) for name, rows in parts]


def _measured(
    edited: EditedPairs, observer: Observer, left_out: dict[str, int], seed: int, tell: Progress
) -> dict[str, Any]:
    return {
        "images": len(edited.pairs),
        "patients": len(np.unique(edited.pairs.patients)),
        "left_out": left_out,
        FAMILY: measure(edited, observer, seed, tell),
    }

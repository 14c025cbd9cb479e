"""HyperFusion beside six ways of fusion of equal size: when does it pay that a table makes the weights of a net?

Two worlds of phantoms where that is known, and real radiographs where cohorts are given. Every run of every fold and
seed is kept and published; nothing is chosen. Patients are in one fold only.
"""

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import StringIO
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from causaray.cohorts import open_cohorts
from causaray.errors import BadInput
from causaray.evaluation.statistics.shuffling import shuffled
from causaray.experiments.options import ExperimentOptions
from causaray.systems.hyperfusion.boosted import BoostedTable
from causaray.systems.hyperfusion.fitting import Fit, fitted
from causaray.systems.hyperfusion.fusion_nets import Method, matched, parameters
from causaray.systems.hyperfusion.page import write_page
from causaray.systems.hyperfusion.problem import Problem, hidden
from causaray.systems.hyperfusion.radiographs import age_problem, findings_problem
from causaray.systems.hyperfusion.worlds import WORLDS, world
from causaray.writing import make_folder, whole_file

FOLDS, PHANTOMS, SIZE = 5, 1500, 32
BATCH = 48
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Of the columns that are missing in use."""
PROBLEMS = (*WORLDS, "findings", "age")
GIVEN = {"findings": ("age", "sex", "view"), "age": ("sex",)}
"""Columns of the table on real radiographs."""


@dataclass(frozen=True)
class Arm:
    """One way to read. method: of the net, None for boosted trees of the table. permuted: the table is dealt out anew
    over the patients, in training and in use. dropout: columns are hidden in training."""

    name: str
    method: Method | None
    permuted: bool = False
    dropout: bool = True


ARMS = (
    Arm("image", "image"),
    Arm("table", "table"),
    Arm("table, boosted trees", None),
    Arm("concatenation", "concat"),
    Arm("FiLM", "film"),
    Arm("DAFT", "daft"),
    Arm("ensemble", "ensemble"),
    Arm("HyperFusion", "hyper"),
    Arm("HyperFusion, low rank", "low-rank"),
    Arm("HyperFusion, permuted table", "hyper", permuted=True),
    Arm("HyperFusion, no column dropout", "hyper", dropout=False),
)

Read = Callable[[np.ndarray], np.ndarray]
"""Values (N, C) of the held-out cases -> readings (N, n)."""


def reading(arm: Arm, train: Problem, test: Problem, fit: Fit) -> Read:
    """What an arm, trained on `train`, reads of the images of `test` with a table."""
    if arm.method is None:
        return BoostedTable(train, fit.seed).read
    reader = fitted(arm.method, train, fit)
    return lambda values: reader.read(test.images, values)


def run_of(arm: Arm, problem: Problem, fold: int, fit: Fit) -> dict[str, Any]:
    """One run: the score, by the share of columns missing, and what a changed table does where the truth is known."""
    if arm.permuted:
        problem = problem.with_values(shuffled(problem.values, problem.patients, fit.seed))
    train, test = (problem.rows(rows) for rows in problem.folds(FOLDS, 0)[fold])
    read = reading(arm, train, test, fit)
    scores = {f"{share:g}": test.measure(read(hidden(test.values, share, fold))) for share in SHARES}
    found: dict[str, Any] = {"score": scores["0"], "missing": scores}
    if test.oracle is not None and test.otherwise is not None:
        turned = test.values * np.where(np.arange(test.values.shape[1]) == 0, -1, 1).astype(np.float32)
        change, true = read(turned) - read(test.values), test.otherwise - test.oracle
        part = slice(None) if test.asked is None else test.asked
        found |= {"oracle": test.measure(test.oracle), "change": _correlation(change[part], true[part])}
    return found


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    """0 where one of them does not change at all."""
    if one.std() < 1e-9 or other.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(one[:, 0], other[:, 0])[0, 1])


def problem_of(name: str, options: ExperimentOptions) -> Problem:
    """A problem by its name. Raises BadInput for another name, and where cohorts are needed and missing."""
    if name in WORLDS:
        return world(name, options.limit or PHANTOMS, seed=0, size=SIZE)
    if name not in PROBLEMS:
        raise BadInput(f"There is no problem {name}; known are {', '.join(PROBLEMS)}.")
    cohort = open_cohorts(list(options.needed_cohorts())).frontal()
    if options.limit:
        cohort = cohort.subset(mask=np.arange(len(cohort)) < options.limit)
    make = findings_problem if name == "findings" else age_problem
    return make(cohort, GIVEN[name], SIZE)


def kept_run(arm: Arm, problem: Problem, fold: int, seed: int, options: ExperimentOptions) -> dict[str, Any]:
    """One run, made once and kept in the work folder."""
    folder = options.work / options.name / f"{problem.name}-{len(problem)}-{options.steps}"
    kept = folder / f"{arm.name}-{fold}-{seed}.json"
    if not kept.is_file():
        options.tell(f"{problem.name}: {arm.name}, fold {fold}, seed {seed}")
        strength = 0.0 if problem.name in WORLDS else 1.0
        fit = Fit(options.steps, BATCH, dropout=arm.dropout, augment=strength, seed=seed)
        made = run_of(arm, problem, fold, fit)
        make_folder(folder)
        with whole_file(kept) as beside:
            beside.write_text(json.dumps(made), encoding="utf-8")
    return {"fold": fold, "seed": seed, **json.loads(kept.read_text(encoding="utf-8"))}


def run(options: ExperimentOptions) -> dict[str, Any]:
    """`causaray reproduce hyperfusion`: the problems of `--method`, else all that the cohorts allow.

    The page is written anew after every fold, so that one that was stopped shows the folds that are done.
    """
    names = options.methods or (PROBLEMS if options.cohorts else WORLDS)
    problems = {name: problem_of(name, options) for name in names}
    found = {name: _about(problem) for name, problem in problems.items()}
    for seed, fold in product(range(options.seeds), range(FOLDS)):
        for name, problem in problems.items():
            for arm in ARMS:
                found[name]["runs"][arm.name].append(kept_run(arm, problem, fold, seed, options))
        about = {
            "command": options.command, "folds": FOLDS, "runs of each arm": f"{seed * FOLDS + fold + 1} of "
            f"{options.seeds * FOLDS}", "updates of each net": options.steps, "batch": BATCH,
            "side of the images": SIZE, "cohorts": ", ".join(folder.name for folder in options.cohorts) or None,
        }  # fmt: skip
        write_page(options.out, about, found)
        _write_runs(options.out, found)
    return found


def _about(problem: Problem) -> dict[str, Any]:
    sizes = {arm.name: parameters(matched(arm.method, problem.columns, len(problem.names)))
             for arm in ARMS if arm.method}  # fmt: skip
    return {
        "cases": len(problem), "patients": len(np.unique(problem.patients)), "names": problem.names,
        "number": problem.number, "columns": [column.name for column in problem.columns], "parameters": sizes,
        "runs": {arm.name: [] for arm in ARMS},
    }  # fmt: skip


def _write_runs(out: Path, found: Mapping[str, Any]) -> None:
    """Every run as a row of runs.csv."""
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["problem", "arm", "seed", "fold", "score", *(f"missing {share:.0%}" for share in SHARES)])
    for name, one in found.items():
        for arm, runs in one["runs"].items():
            for made in runs:
                scores = [f"{made['missing'][f'{share:g}']:.4f}" for share in SHARES]
                rows.writerow([name, arm, made["seed"], made["fold"], f"{made['score']:.4f}", *scores])
    with whole_file(out / "runs.csv") as beside:
        beside.write_text(text.getvalue(), encoding="utf-8")

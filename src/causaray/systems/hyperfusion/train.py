"""`causaray train` with a recipe of method hyperfusion: a net that reads a film with a table."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from causaray.cohorts import Cohort, open_cohorts
from causaray.errors import BadInput
from causaray.nets.tabular import Column
from causaray.systems.hyperfusion.fitting import Fit, new_reader, stepping
from causaray.systems.hyperfusion.problem import Problem
from causaray.systems.hyperfusion.radiographs import AGE, age_problem, findings_problem, findings_shown
from causaray.systems.hyperfusion.reader import FusionReader
from causaray.systems.hyperfusion.recipe import HyperFusionRecipe
from causaray.training.loop import Task, run
from causaray.training.recipe import claim, load_plan
from causaray.training.source import trained_on
from causaray.training.updates import adamw


def train(recipe: str | Path, cohorts: Iterable[Path], out: Path, seed: int | None = None) -> Path:
    """Train on split train, measure on split val; return the weights folder out/<name>, for `FusionReader.load`.

    Split test is never looked at. Resumes what `out` holds. Raises BadInput for columns that the cohorts do not have,
    for findings that they do not show often enough, and for an `out` of another recipe.
    """
    plan = load_plan(recipe, HyperFusionRecipe, seed)
    cohort = open_cohorts(list(cohorts)).frontal()
    rows = cohort.subset(split="train", open=True if plan.open_only else None)
    if len(rows) < plan.batch:
        raise BadInput(
            f"The cohorts hold {len(rows)} training rows (split train, licence open); a batch is {plan.batch}."
        )
    problem = _problem(rows, plan, names(rows, plan))
    claim(out, plan)
    fit = Fit(plan.steps, plan.batch, plan.lr, plan.weight_decay, plan.column_dropout, plan.augment, seed=plan.seed)
    reader = new_reader(plan.fusion, problem, plan.seed)
    optimiser = adamw(reader.net, fit.lr, fit.decay)
    step = stepping(reader, problem, fit, optimiser)
    task = Task({"net": reader.net}, {"net": optimiser}, step, "net")
    reader.net.load_state_dict(run(task, plan.steps, out, "fusion"))
    reader.save(
        out / plan.name, name=plan.name, recipe=plan.model_dump(mode="json"), cohorts=trained_on(cohort),
        val=_on_val(reader, cohort.subset(split="val"), plan),
    )  # fmt: skip
    return out / plan.name


def names(rows: Cohort, plan: HyperFusionRecipe) -> tuple[str, ...]:
    """The findings that are learned. Raises BadInput for one that the rows do not show, or not lack, often enough."""
    if plan.reads == AGE:
        return (AGE,)
    shown = findings_shown(rows, plan.fewest)
    if strange := [name for name in plan.findings if name not in shown]:
        raise BadInput(
            f"{strange[0]} is not both present and absent in {plan.fewest} training rows; learned can be "
            f"{', '.join(shown) or 'nothing'}."
        )
    if not shown:
        raise BadInput(f"No finding is both present and absent in {plan.fewest} training rows of these cohorts.")
    return plan.findings or shown


def _problem(rows: Cohort, plan: HyperFusionRecipe, names: tuple[str, ...], known: tuple[Column, ...] = ()) -> Problem:
    if plan.reads == AGE:
        return age_problem(rows, plan.columns, plan.size, known)
    return findings_problem(rows, plan.columns, plan.size, names, known)


def _on_val(reader: FusionReader, rows: Cohort, plan: HyperFusionRecipe) -> dict[str, float]:
    """How well split val is read, with the table and with none of it; nothing where there is no such row."""
    if not len(rows):
        return {}
    problem = _problem(rows, plan, reader.names, reader.columns)
    nothing = np.full_like(problem.values, np.nan)
    tables = {"whole table": problem.values, "no table": nothing}
    found = {name: problem.measure(reader.read(problem.images, values)) for name, values in tables.items()}
    return {name: figure for name, figure in found.items() if np.isfinite(figure)}

"""Real patients, what was done to them only: the neural SDE and its baselines on visits and on pairs of films."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort
from causaray.errors import BadInput
from causaray.evaluation.statistics.bootstrap import estimate
from causaray.nets.tabular import Column
from causaray.systems.neural_sde.baselines import (
    Design,
    FixedTime,
    Recurrent,
    fit_net,
    forecast,
    last_value,
    mixed_model,
)
from causaray.systems.neural_sde.fit import fit
from causaray.systems.neural_sde.measures import at_visits, by_patient, covered, crps, later
from causaray.systems.neural_sde.model import NeuralSDE
from causaray.systems.neural_sde.recipe import SDERun
from causaray.systems.neural_sde.train import outcome_ranges, shape_of
from causaray.systems.neural_sde.visits import UNTREATED, Visits, VisitTable

FOLDS, PATHS, BASELINE_STEPS = 3, 50, 200
READ = ("Pleural Effusion", "Consolidation", "Edema", "Atelectasis", "Cardiomegaly")
"""What the judge reads off films of pairs, as far as it knows them."""


def read_off(judge: Judge) -> tuple[str, ...]:
    """The findings of READ that a judge knows."""
    return tuple(name for name in READ if name in judge.names)


def film_visits(cohort: Cohort, judge: Judge) -> VisitTable:
    """The patients of a prepared cohort with two films or more in the order of its column time: the outcomes are what
    the judge reads off each film, the table what it reads off the first, age and sex.

    Raises BadInput where there are too few such patients.
    """
    names = read_off(judge)
    table = cohort.table[cohort.table["time"].notna()].sort_values("time").drop_duplicates(["patient", "time"])
    groups = [rows for _, rows in table.groupby("patient").indices.items() if len(rows) > 1]
    if len(groups) < 10:
        raise BadInput(f"{cohort.name} has {len(groups)} patients with several films; 10 are the least.")
    wanted = np.unique(np.concatenate(groups))
    images = torch.from_numpy(cohort.images(table.index.to_numpy()[wanted]))
    seen = np.full((len(table), len(names)), np.nan, np.float32)
    seen[wanted] = judge.predict(images).numpy()[:, [judge.names.index(name) for name in names]]
    most = max(map(len, groups))
    days, outcomes = np.full((len(groups), most), np.nan, np.float32), np.full((len(groups), most, len(names)), np.nan)
    for i, rows in enumerate(groups):
        time = table["time"].to_numpy(float)[rows]
        days[i, : len(rows)], outcomes[i, : len(rows)] = time - time[0], seen[rows]
    first = table.iloc[[rows[0] for rows in groups]]
    sex = first["sex"].map({"F": 0.0, "M": 1.0}).to_numpy(float)
    values = np.column_stack([first["age"].to_numpy(float), sex, outcomes[:, 0]]).astype(np.float32)
    visits = Visits(
        first["patient"].to_numpy(str), np.zeros((len(groups), 0), np.float32), values,
        np.zeros(len(groups), np.int64), days, outcomes.astype(np.float32),
    )  # fmt: skip
    columns = (Column("age"), Column("sex", ("F", "M")), *(Column(name) for name in names))
    return VisitTable(visits, columns, (UNTREATED,), np.full(len(groups), ""))


def compare(
    table: VisitTable, outcomes: tuple[str, ...], plan: SDERun, seed: int, out: Path, name: str
) -> Mapping[str, Any]:
    """Errors at the visits after day 0, of FOLDS folds by patient: model -> root of the mean squared error of outcomes
    in [0, 1], its ratio to that of the last value with interval by patient; of the SDE cover of 90 % and CRPS."""
    visits, made = table.visits, dict[str, np.ndarray]()
    sampled = np.empty((PATHS, *visits.outcomes.shape), np.float32)
    fold = np.random.default_rng(seed).permutation(len(visits)) % FOLDS
    ranges = outcome_ranges(visits.outcomes)
    for k in range(FOLDS):
        learned, asked, own = visits.rows(fold != k), fold == k, f"{name}-{seed}-{k}"
        shape = shape_of(plan, visits, table, outcomes, ranges)
        torch.manual_seed(seed)
        model = fit(NeuralSDE(shape), learned, plan, seed, out, own)
        sampled[:, asked] = at_visits(model, visits.rows(asked), PATHS, seed)
        nets: dict[str, type[FixedTime | Recurrent]] = {"fixed-time net": FixedTime, "GRU": Recurrent}
        answers = {"last value": last_value(visits.rows(asked))}
        answers["linear mixed model"] = mixed_model(shape, learned, visits.rows(asked))
        for called, kind in nets.items():
            net = fit_net(kind(Design(shape, learned), len(outcomes)), learned, seed, out, f"{own}-{called}",
                          BASELINE_STEPS)  # fmt: skip
            answers[called] = forecast(net, visits.rows(asked))
        for called, answer in answers.items():
            made.setdefault(called, np.empty(visits.outcomes.shape))[asked] = answer
    made["neural SDE"] = sampled.mean(0)
    return _figures(visits, made, sampled, np.array(ranges))


def _figures(
    visits: Visits, made: Mapping[str, np.ndarray], sampled: np.ndarray, ranges: np.ndarray
) -> Mapping[str, Any]:
    width, known = ranges[:, 1] - ranges[:, 0], later(visits) & np.isfinite(visits.outcomes[:, :1])
    sums = {called: by_patient(((answer - visits.outcomes) / width) ** 2, known) for called, answer in made.items()}
    base, count = sums["last value"]
    models = {}
    for called, (total, _) in sums.items():
        ratio = estimate(lambda rows, total=total: total[rows].sum() / base[rows].sum(), visits.patients)  # type: ignore[misc]
        models[called] = {"rmse": float(np.sqrt(total.sum() / count.sum())), "to last value": dict(ratio)}
    inside = covered(sampled, visits.outcomes, 0.9)
    scores = crps(sampled / width, np.nan_to_num(visits.outcomes) / width)
    return {
        "patients": len(visits), "visits": int(known.any(2).sum()), "models": models,
        "cover": float(inside[known].mean()), "crps": float(scores[known].mean()),
    }  # fmt: skip

"""All that is measured of the models of one seed, on the test patients of the randomised trial."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from causaray.cohorts.phantom.exogenous import FINDINGS
from causaray.cohorts.phantom.progression import COURSES, TREATMENTS
from causaray.evaluation.statistics.bootstrap import estimate, mean_interval
from causaray.experiments.results import Tell
from causaray.systems.neural_sde import baselines
from causaray.systems.neural_sde.measures import (
    at_visits,
    burden,
    by_patient,
    covered,
    crps,
    later,
    on_day,
    pehe,
    policy_gain,
)  # fmt: skip
from causaray.systems.neural_sde.model import NeuralSDE
from causaray.systems.neural_sde.phantom_trial import FOLLOWED, Trial, columns
from causaray.systems.neural_sde.train import held_figures
from causaray.systems.neural_sde.world import World

PATHS, EFFECT_PATHS = 50, 50
DAY, EARLY = 30, 7
"""Day on which effects on individuals are measured, and the one on which g and mean effects are: later all is settled.
"""
SCORES = [i for i, column in enumerate(columns()) if column.name.startswith("score")]
"""Columns of the table that are scores, in the order of the outcomes."""
LEVELS = (0.5, 0.8, 0.9)
CONFIDENT = 0.2
FILMS = 48
"""Patients whose future films are drawn."""


def measured(world: World, seed: int, tell: Tell) -> dict[str, Any]:
    """All that is measured of the models of one seed, on the randomised trial."""
    visits, test = world.visits("train"), world.trials["test"]
    tell(f"seed {seed}: neural SDE by energy score, by squared error, and without noise")
    models = {
        "neural SDE": world.fitted(visits, seed, "energy"),
        "neural SDE by squared error": world.fitted(visits, seed, "mse", loss="mse"),
        "neural ODE": world.fitted(visits, seed, "ode", loss="mse", noisy=False),
    }
    tell(f"seed {seed}: baselines")
    shape = models["neural SDE"].shape
    sampled = {name: at_visits(model, test.visits, PATHS, seed) for name, model in models.items()}
    answers = {name: paths.mean(0) for name, paths in sampled.items()}
    answers["last value"] = baselines.last_value(test.visits)
    answers["linear mixed model"] = baselines.mixed_model(shape, visits, test.visits)
    for name, kind in (("fixed-time net", baselines.FixedTime), ("GRU", baselines.Recurrent)):
        torch.manual_seed(seed)
        net = kind(baselines.Design(shape, visits), len(FOLLOWED))
        net = baselines.fit_net(net, visits, seed, world.work, f"{name}-{seed}")
        answers[name] = baselines.forecast(net, test.visits)
    learners = baselines.fit_learners(shape, visits, seed, world.work, f"learner-{seed}")
    tell(f"seed {seed}: effects")
    on = {name: on_day(models[name], test.visits, len(TREATMENTS), DAY, EFFECT_PATHS, seed) for name in models}
    true = np.stack([test.moments(arm, [DAY])[0][0] for arm in TREATMENTS])
    courses = np.stack([test.courses(arm, [DAY])[0] for arm in TREATMENTS])
    believed = {name: paths.mean(1) for name, paths in on.items()} | {"T-learner": learners(test.visits, DAY)}
    return {
        "factual": factual(test, answers),
        "spread": {name: spread(test, sampled[name], answers) for name in sampled},
        "diffusion": diffusion(models["neural SDE"], test, seed),
        "diffusion by squared error": diffusion(models["neural SDE by squared error"], test, seed)["ratio"],
        "effects": effects(believed, true, on, courses),
        "policy": {name: dict(policy_gain(burden(one), burden(true))) for name, one in believed.items()},
        "confident": {name: confident(on[name], courses) for name in ("neural SDE", "neural SDE by squared error")},
        "films": films(test, on["neural SDE"].mean(1), courses),
        "held": held_figures(models["neural SDE"], test.visits, seed),
    }


def truth_at_visits(trial: Trial) -> tuple[np.ndarray, np.ndarray]:
    """The true mean and variance (P, V, F) at each patient's visits under the arm given, from the state of day 0."""
    visits = trial.visits
    mean, variance = np.full((2, *visits.outcomes.shape), np.nan)
    for arm, name in enumerate(TREATMENTS):
        rows = np.flatnonzero(visits.treatment == arm)
        part = trial.rows(rows)
        both = part.moments(name, np.arange(np.nanmax(part.visits.days) + 1))
        at, who = np.nan_to_num(part.visits.days).astype(int), np.arange(len(rows))[:, None]
        mean[rows], variance[rows] = (values[at, who] for values in both)
    return mean, variance


def factual(trial: Trial, answers: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Mean squared error of each model at the visits after day 0, with interval by patient, and its ratio to the
    variance that the true state of day 0 leaves: of all, and of the outcomes whose score of day 0 is in the table."""
    visits, known = trial.visits, later(trial.visits)
    least = truth_at_visits(trial)[1]
    scored = known & np.isfinite(visits.values[:, None, SCORES])
    found: dict[str, Any] = {}
    for name, made in answers.items():
        error = (made - visits.outcomes) ** 2
        found[name] = {"mse": _ratio(error, known, np.ones_like(error), visits.patients)}
        for called, rows in (("ratio", known), ("ratio where the score is known", scored)):
            found[name][called] = _ratio(error, rows, least, visits.patients)
    found["least possible"] = {"mse": {"value": float(least[known].mean())}}
    return found


def _ratio(top: np.ndarray, rows: np.ndarray, bottom: np.ndarray, patients: np.ndarray) -> dict[str, float]:
    """The sum of `top` (P, V, F) over `rows` as a share of that of `bottom`, with interval by patient."""
    above, under = by_patient(top, rows)[0], by_patient(bottom, rows)[0]
    return dict(estimate(lambda chosen: float(above[chosen].sum() / under[chosen].sum()), patients))


def spread(trial: Trial, paths: np.ndarray, answers: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """CRPS, and the share of outcomes within the intervals: of all, and of those whose true deviation is above 0.01,
    as of a finding that stands still any interval of some width holds all. Of a model without noise its CRPS with the
    Gaussian spread of its errors, as if they were known."""
    visits, known = trial.visits, later(trial.visits)
    observed, moving = np.nan_to_num(visits.outcomes), known & (truth_at_visits(trial)[1] > 1e-4)
    if len(paths) == 1:
        deviation = np.std((answers["neural ODE"] - visits.outcomes)[known])
        paths = paths + deviation * np.random.default_rng(0).standard_normal((PATHS, *paths.shape[1:]))
    inside = {level: covered(paths, observed, level) for level in LEVELS}
    return {
        "crps": float(crps(paths.astype(np.float32), observed)[known].mean()),
        "cover": {str(level): float(one[known].mean()) for level, one in inside.items()},
        "cover where it moves": {str(level): float(one[moving].mean()) for level, one in inside.items()},
    }


@torch.inference_mode()
def diffusion(model: NeuralSDE, trial: Trial, seed: int) -> dict[str, Any]:
    """What g does to each finding, over sigma sqrt(r s (1 - s)) at the same s, in bins of s, over the paths of the
    first EARLY days of the patients who have the finding."""
    visits = trial.visits
    patient = model.patient(torch.from_numpy(visits.features), torch.from_numpy(visits.values))
    steps = int(model.steps([EARLY]).item())
    noise = model.noise(steps, 4, len(visits), torch.Generator().manual_seed(seed))
    treatment = torch.from_numpy(visits.treatment)
    states = model.states(patient, treatment, noise)
    s = model.outcomes(states).numpy()
    own = model.volatility(model.dynamics(patient, treatment)(states)[1]).numpy()
    at = [FINDINGS.index(name) for name in FOLLOWED]
    sigma, rates = np.array([COURSES[name].sigma for name in FOLLOWED]), trial.rates[:, at]
    true = sigma * np.sqrt(rates * s * (1 - s))
    ill = np.broadcast_to(trial.severity[:, at] > 0, s.shape)
    edges = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
    bins = {}
    for low, high in pairwise(edges):
        chosen = ill & (s >= low) & (s < high)
        bins[f"{low:.1f} to {high:.1f}"] = {"model": float(own[chosen].mean()), "true": float(true[chosen].mean())}
    chosen = ill & (s >= edges[0]) & (s < edges[-1])
    return {"bins": bins, "ratio": float(own[chosen].mean() / true[chosen].mean())}


def effects(
    believed: Mapping[str, np.ndarray], true: np.ndarray, on: Mapping[str, np.ndarray], courses: np.ndarray
) -> dict[str, Any]:
    """sqrt(PEHE) of A and B less none on day DAY, over patients and outcomes, of no effect and of each model; and how
    often the 90 % interval of the path-wise difference holds the true one, where that is not 0."""
    truth, realised = true[1:] - true[0], courses[1:] - courses[0]
    found = {"no effect": {"pehe": pehe(np.zeros_like(truth), truth)}}
    found |= {name: {"pehe": pehe(one[1:] - one[0], truth)} for name, one in believed.items()}
    moving = np.abs(realised) > 0.01
    for name, paths in on.items():
        if paths.shape[1] > 1:
            change = (paths[1:] - paths[:1]).swapaxes(0, 1)
            found[name]["cover of 90 %"] = float(covered(change, realised, 0.9)[moving].mean())
    return found


def confident(paths: np.ndarray, courses: np.ndarray) -> dict[str, Any]:
    """Of the patients whose effect of A on the burden of day DAY is largest against its own spread, and of the rest:
    promised and realised effect, and the share of realised effects in the 90 % interval, with intervals."""
    change, realised = burden(paths[1] - paths[0]), burden(courses[1] - courses[0])
    mean, deviation = change.mean(0), change.std(0)
    order = np.argsort(-np.abs(mean) / (deviation + 1e-6))
    first = round(CONFIDENT * len(order))
    inside = covered(change, realised, 0.9)
    found: dict[str, Any] = {}
    for name, rows in (("most confident", order[:first]), ("rest", order[first:])):
        figures = {"promised": mean, "realised": realised, "error": np.abs(realised - mean), "cover of 90 %": inside}
        found[name] = {key: dict(mean_interval(values[rows], rows)) for key, values in figures.items()}
        found[name]["deviation promised"] = float(deviation[rows].mean())
    return found


def films(trial: Trial, believed: np.ndarray, courses: np.ndarray) -> dict[str, Any]:
    """Root of the mean squared difference to the true film of day DAY under the arm given, of the film of the forecast
    mean and of that of day 0; and their ratio."""
    rows = np.arange(min(FILMS, len(trial.visits)))
    part, arm = trial.rows(rows), trial.visits.treatment[rows]
    now, true = part.films(trial.visits.outcomes[rows, 0]), part.films(courses[arm, rows])
    made = part.films(believed[arm, rows])
    errors = {name: ((one - true) ** 2).mean((1, 2)) for name, one in (("forecast", made), ("copy of the last", now))}

    def ratio(chosen: np.ndarray) -> float:
        made, copied = (errors[name][chosen].sum() for name in errors)
        return float(np.sqrt(made / copied))

    own = {name: float(np.sqrt(values.mean())) for name, values in errors.items()}
    return own | {"ratio": dict(estimate(ratio, rows))}

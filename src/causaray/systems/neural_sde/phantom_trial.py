"""A trial of phantoms: images, tables and visits of patients under one of three arms, every other arm being known.

Findings progress as `cohorts/phantom/progression.py` says, but nobody gets one that was not there on day 0, which
nothing could foretell. Nobody but this file knows how fast they do in a patient:
the table has a laboratory value of each rate, with some error, and a score of each finding, and lacks some of both.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from causaray.cohorts.phantom import FINDINGS, Phantoms, Setting, World
from causaray.cohorts.phantom.model import slug
from causaray.cohorts.phantom.progression import TREATMENTS, draw_rates, moments, trajectory
from causaray.errors import BadInput
from causaray.experiments.results import kept_array
from causaray.nets.tabular import Column, table_values
from causaray.systems.neural_sde.visits import Visits

FOLLOWED = ("Pleural Effusion", "Atelectasis", "Edema", "Consolidation")
"""The findings that are outcomes: those that the treatments move most. Their severity is in [0, 1]."""
SHORTEST = 7
"""Least days of follow-up."""
MISSING, ERROR = 0.1, 0.1
"""Share of laboratory values and scores that are missing; deviation of the error of the former, of the log rate."""
CHUNK = 256
"""Patients whose courses are drawn at a time, those with a like follow-up together."""

_TRIAL = 19  # a stream of (seed, index), apart from those of the phantom world
_AT = [FINDINGS.index(name) for name in FOLLOWED]


@dataclass(frozen=True)
class TrialSettings:
    """What a trial is like.

    confounded: the sicker a patient, the likelier treatment A, instead of lots. hidden: deviation of a trait in log
    rate that neither image nor table tells, but that makes A likelier where `confounded`; 0 for none. horizon: longest
    follow-up in days.
    """

    confounded: bool = False
    hidden: float = 0.0
    horizon: int = 365

    def __post_init__(self) -> None:
        if self.horizon < SHORTEST or self.hidden < 0:
            raise BadInput(f"A trial has a horizon of {SHORTEST} days or more, and a hidden trait of 0 or more.")


@dataclass(frozen=True, eq=False)
class Trial:
    """Phantoms, what the trial wrote down of them, and their true rates (P, 10)."""

    phantoms: Phantoms
    visits: Visits
    rates: np.ndarray

    @cached_property
    def severity(self) -> np.ndarray:
        """Severity (P, 10) of all FINDINGS on day 0."""
        return _severity(self.phantoms)

    def moments(self, arm: str, days: Sequence[float] | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """True mean and variance (T, P, F) of the outcomes under an arm, given the state on day 0."""
        mean, variance = moments(self.severity, self.rates, arm, days)
        return mean[..., _AT], variance[..., _AT]

    def rows(self, chosen: np.ndarray) -> "Trial":
        """The patients at `chosen`, row numbers."""
        return Trial(self.phantoms.rows(chosen), self.visits.rows(chosen), self.rates[chosen])

    def courses(self, arm: str, days: Sequence[float] | np.ndarray) -> np.ndarray:
        """True outcomes (T, P, F) under an arm, on the patient's own Brownian path."""
        who = self.phantoms
        path = trajectory(self.severity, self.rates, arm, days, who.seed, who.indices)
        return path[..., _AT]

    def films(self, severity: np.ndarray) -> np.ndarray:
        """The radiographs (P, S, S) of the patients with outcomes (P, F), all else as it was on day 0."""
        do = {name: Setting(np.clip(s, 0, 1)) for name, s in zip(FOLLOWED, severity.T, strict=True)}
        return self.phantoms.world.counterfactual(self.phantoms, do).images[:, 0].numpy()


def sick_world(size: int) -> World:
    """A world whose patients are often ill."""
    return World(size=size, common=0.6, tail=0.4)


def columns() -> tuple[Column, ...]:
    """The columns of a trial's table."""
    return (
        Column("age"),
        Column("sex", ("F", "M")),
        Column("view", ("AP", "PA")),
        *(Column(f"score of {name}") for name in FOLLOWED),
        *(Column(f"laboratory of {name}") for name in FOLLOWED),
    )


def make_trial(phantoms: Phantoms, settings: TrialSettings, work: Path | None = None) -> Trial:
    """The trial of phantoms under settings; features of the visits are empty. A patient depends on the phantom alone,
    but for the arm, for which severities are compared with those of all. What was seen is kept in the folder `work`,
    where one is given."""
    severity, seed = _severity(phantoms), phantoms.seed
    streams = [np.random.default_rng((seed, int(index), _TRIAL)) for index in phantoms.indices]
    trait = np.array([rng.standard_normal() for rng in streams])
    own = draw_rates(severity, seed, phantoms.indices) * (severity > 0)
    rates = own * np.exp(settings.hidden * trait)[:, None]
    treatment = _assigned(severity[:, _AT].sum(1), trait, streams, settings)
    visits = Visits(
        patients=np.array([f"phantom-{seed}-{index:06d}" for index in phantoms.indices]),
        features=np.zeros((len(phantoms), 0), np.float32),
        values=table_values(table(phantoms, own), columns()),
        treatment=treatment,
        days=np.array([_visit_days(rng, settings.horizon) for rng in streams], np.float32),
        outcomes=np.empty((len(phantoms), 0)),
    )
    trial = Trial(phantoms, visits, rates)
    key = ["visits", phantoms.seed, phantoms.indices.tolist(), asdict(settings)]
    outcomes = _outcomes(trial) if work is None else kept_array(work, key, lambda: _outcomes(trial))
    return replace(trial, visits=replace(visits, outcomes=outcomes))


def _outcomes(trial: Trial) -> np.ndarray:
    """Outcomes (P, V, F) at the visits of all patients, those with a like follow-up together."""
    visits = trial.visits
    outcomes = np.empty((*visits.days.shape, len(FOLLOWED)), np.float32)
    for arm, name in enumerate(TREATMENTS):
        rows = np.flatnonzero(visits.treatment == arm)
        rows = rows[np.argsort(visits.last[rows])]
        for part in np.split(rows, range(CHUNK, len(rows), CHUNK)):
            outcomes[part] = _seen(trial.rows(part), name)
    return outcomes


def table(phantoms: Phantoms, rates: np.ndarray) -> pd.DataFrame:
    """What is known of phantoms on day 0: age, sex, view, scores to a tenth and laboratory values of rates (P, 10).

    The laboratory value of a finding that is not there is as any other, and does not tell that.
    """
    values, severity = phantoms.values, _severity(phantoms)[:, _AT]
    streams = [np.random.default_rng((phantoms.seed, int(index), _TRIAL + 1)) for index in phantoms.indices]
    draws = np.array([rng.standard_normal((2, len(FOLLOWED))) for rng in streams])
    missing = np.array([rng.random((2, len(FOLLOWED))) for rng in streams]) < MISSING
    still = rates[:, _AT] == 0
    pace = np.where(still, 0.3 * draws[:, 0], np.log(np.where(still, 1, rates[:, _AT]))) + ERROR * draws[:, 1]
    written = np.where(missing[:, 0], np.nan, severity.round(1)), np.where(missing[:, 1], np.nan, pace)
    told = {"age": values["age"], "sex": np.where(values["male"] > 0, "M", "F")}
    told["view"] = np.where(values["anteroposterior"] > 0, "AP", "PA")
    for what, cells in zip(("score", "laboratory"), written, strict=True):
        told |= {f"{what} of {name}": cells[:, j] for j, name in enumerate(FOLLOWED)}
    return pd.DataFrame(told)


def _severity(phantoms: Phantoms) -> np.ndarray:
    return np.stack([phantoms.values[slug(name)].max(1) for name in FINDINGS], 1)


def _assigned(
    burden: np.ndarray, trait: np.ndarray, streams: Sequence[np.random.Generator], settings: TrialSettings
) -> np.ndarray:
    """Numbers (P,) of TREATMENTS: by lot, or A (none) the likelier the sicker (healthier) a patient is."""
    need = np.zeros(len(burden))
    if settings.confounded:
        need = (burden - burden.mean()) / burden.std() + (2 * trait if settings.hidden else 0)
    weights = np.exp(np.stack([-need, need, np.zeros(len(need))], 1))
    ends = weights.cumsum(1) / weights.sum(1, keepdims=True)
    return (np.array([rng.random() for rng in streams])[:, None] > ends[:, :-1]).sum(1)


def _visit_days(rng: np.random.Generator, horizon: int, most: int = 6) -> np.ndarray:
    """Day 0, the last day of follow-up, and up to five between: whole days, the earlier the denser."""
    last = round(np.exp(rng.uniform(np.log(SHORTEST), np.log(horizon))))
    between = np.exp(rng.uniform(0, np.log(last), rng.integers(2, most))).astype(int)
    days = np.unique([0, *between, last])
    return np.concatenate([days, np.full(most + 1 - len(days), np.nan)])


def _seen(trial: Trial, arm: str) -> np.ndarray:
    """Outcomes (P, V, F) of patients at their visits, all under one arm."""
    days = trial.visits.days
    course = trial.courses(arm, np.arange(np.nanmax(days, initial=0) + 1))
    at = np.nan_to_num(days).astype(int)
    return np.where(np.isnan(days)[..., None], np.nan, course[at, np.arange(len(days))[:, None]])

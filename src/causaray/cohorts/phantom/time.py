"""The same patients as time goes by, under no treatment or one of two, and what is written of each image."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from causaray.cohorts.phantom.exogenous import FINDINGS
from causaray.cohorts.phantom.model import own_sides, slug, solve
from causaray.cohorts.phantom.progression import STEP, draw_rates, presence, trajectory
from causaray.cohorts.phantom.reports import report
from causaray.cohorts.phantom.world import Phantoms

_REPORT = 18  # a stream of (seed, index), apart from those of `exogenous` and `progression`


def follow(
    phantoms: Phantoms, treatment: str, times: Sequence[float] | np.ndarray, seed: int | None = None
) -> list[Phantoms]:
    """The phantoms at each of `times` (T,), days from now: findings progress, and all that listens to them follows.

    Everything exogenous stays, and so does the Brownian path under another treatment: the futures of one patient under
    "none", "A" and "B" are counterfactuals of each other. A `seed` other than that of the phantoms gives other
    futures of the same patients, whose rates are their own. A new finding lies where the patient's own draws have it.
    Raises BadInput for an unknown treatment and times before 0.
    """
    now = np.stack([phantoms.values[slug(name)].max(1) for name in FINDINGS], 1)
    rates = draw_rates(now, phantoms.seed, phantoms.indices)
    days = np.asarray(times, float)
    grid = np.arange(0, days.max(initial=0) + STEP, STEP)  # presence depends on all that was, not on when one looks
    path = trajectory(
        *(now, rates, treatment, np.concatenate([grid, days])),
        *(phantoms.seed if seed is None else seed, phantoms.indices),
    )
    present = presence(path[: len(grid)])[(days / STEP + 1e-9).astype(int)]
    return [_with(phantoms, severity) for severity in path[len(grid) :] * present]


def reports(phantoms: Phantoms, prior: Phantoms | None = None, seed: int = 0) -> list[str]:
    """A report of each phantom, compared with its `prior` where one is given: the same row, at another time."""
    ages, males, views = (phantoms.values[name] for name in ("age", "male", "anteroposterior"))
    return [
        report(
            findings,
            np.random.default_rng((seed, phantoms.seed, int(phantoms.indices[row]), _REPORT)),
            age=float(ages[row]),
            sex="M" if males[row] else "F",
            view="AP" if views[row] else "PA",
            prior=prior.findings[row] if prior else None,
        )
        for row, findings in enumerate(phantoms.findings)
    ]


def _with(phantoms: Phantoms, severity: np.ndarray) -> Phantoms:
    """The phantoms with these severities (n, F) of FINDINGS."""
    set_values = {slug(name): _on_sides(phantoms, name, s) for name, s in zip(FINDINGS, severity.T, strict=True)}
    done = dict(phantoms.do) | set_values
    return replace(phantoms, do=done, values=solve(phantoms.exogenous, phantoms.world, done))


def _on_sides(phantoms: Phantoms, name: str, severity: np.ndarray) -> np.ndarray:
    """The severity (n,) as (n, 2), shared between the sides as it is now."""
    now = phantoms.values[slug(name)]
    worst = now.max(1, keepdims=True)
    share = np.where(worst > 0, now / np.where(worst > 0, worst, 1), own_sides(phantoms.exogenous, name))
    return share * severity[:, None]

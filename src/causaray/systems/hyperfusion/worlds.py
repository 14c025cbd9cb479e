"""Two worlds of phantoms in which what a table is good for is known: it must change the reading, or it only adds.

Three patients in four have one consolidation, near the apex or near the base of either lung. A laboratory value, low or
high, stands in the table with age, sex and view, on which no answer depends.

- `interaction`: what the opacity is depends on where it lies and on the laboratory value together. At the base and
  high, or at the apex and low: the finding. At the base and low, or at the apex and high: another one. Neither the
  image nor the table says anything of it alone, nor does the sum of the two. Without opacity there is no finding.
- `additive`: opacity and laboratory value each make the finding likelier, whatever the other is.
"""

import numpy as np

from causaray.cohorts.phantom.request import Setting
from causaray.cohorts.phantom.world import World
from causaray.nets.tabular import Column
from causaray.systems.hyperfusion.problem import Problem

COLUMNS = (Column("laboratory"), Column("age"), Column("sex", ("F", "M")), Column("view", ("AP", "PA")))
WORLDS = ("interaction", "additive")
STEEPNESS, OPACITY, LABORATORY = 5.0, 3.0, 1.5
"""Logits: of height (-1 to 1) times laboratory value (about -1 or 1); of an opacity; of the laboratory value."""


def world(name: str, n: int, seed: int, size: int = 32) -> Problem:
    """n phantoms of `size` pixels, one a patient, with the true probability of the finding of each."""
    bare = World(size=size, common=0.0, devices=0.0)
    patients = bare.sample(n, seed)
    rng = np.random.default_rng((seed, n))
    opaque, side = rng.random(n) < 3 / 4, np.eye(2)[rng.integers(2, size=n)]
    severity = (opaque * rng.uniform(0.5, 1, n))[:, None] * side
    height = 0.35 * rng.random(n) + 0.65 * (rng.random(n) < 0.5)
    laboratory = rng.choice([-1, 1], n) * (1 + 0.25 * rng.standard_normal(n))
    asked = Setting(severity=severity, side="bilateral", height=height)
    shown = bare.counterfactual(patients, {"Consolidation": asked})
    true, otherwise = (probability(name, opaque, height, sign * laboratory) for sign in (1, -1))
    values = [laboratory, shown.values["age"], shown.values["male"], 1 - shown.values["anteroposterior"]]
    return Problem(
        name, shown.images, COLUMNS, np.stack(values, 1).astype(np.float32),
        (rng.random(n) < true)[:, None].astype(np.float32), np.arange(n).astype(str), ("finding",),
        asked=opaque if name == "interaction" else None, oracle=true[:, None], otherwise=otherwise[:, None],
    )  # fmt: skip


def probability(name: str, opaque: np.ndarray, height: np.ndarray, laboratory: np.ndarray) -> np.ndarray:
    """Of the finding: opaque (N,) bool, height (N,) from 0 at the apex to 1 at the base, laboratory (N,)."""
    if name == "interaction":
        return np.where(opaque, _sigmoid(STEEPNESS * (2 * height - 1) * laboratory), 0.02)
    return _sigmoid(OPACITY * (opaque - 0.5) + LABORATORY * laboratory)


def _sigmoid(logit: np.ndarray) -> np.ndarray:
    made: np.ndarray = 1 / (1 + np.exp(-logit))
    return made

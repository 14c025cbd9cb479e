"""What a finding does to one film: its shapes, gathered into the few things that change a film."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from causaray.anatomy.lesions import (
    atelectasis,
    consolidation,
    edema,
    effusion,
    emphysema,
    mediastinum,
    nodule,
    pneumothorax,
)
from causaray.anatomy.lesions.chest import Chest
from causaray.anatomy.shapes import ramp


@dataclass(frozen=True, eq=False)
class Effects:
    """Sheets of one shape, each 0 where nothing happens.

    Attributes:
        filled: share of the air that has given way to tissue or fluid.
        cleared: share of the vessels that is no longer seen.
        added: attenuation added, as a share of the contrast between lung and soft tissue; negative where air is gained.
        swollen: how far the vessels are widened and blurred.
        share: how much of each pixel is the finding; the truth that a map of it is measured by.
    """

    filled: Tensor
    cleared: Tensor
    added: Tensor
    swollen: Tensor
    share: Tensor

    @classmethod
    def of(cls, like: Tensor, **sheets: Tensor) -> Effects:
        """Those that are named; the others are none."""
        none = torch.zeros_like(like)
        return cls(**{field.name: sheets.get(field.name, none) for field in fields(cls)})

    def on(self, side: Tensor) -> Effects:
        """On a side only."""
        return Effects(*(getattr(self, field.name) * side for field in fields(self)))

    def beside(self, other: Effects) -> Effects:
        """Both: shares of what is left, sums of what is added."""
        joined = {
            name: 1 - (1 - getattr(self, name)) * (1 - getattr(other, name)) for name in ("filled", "cleared", "share")
        }
        return Effects(**joined, added=self.added + other.added, swollen=self.swollen + other.swollen)


Draw = Callable[[Chest, float, str | None, np.random.Generator], Effects]
"""Chest, severity in (0, 1], location or kind, and what is left to chance."""


def _effusion(chest: Chest, v: float, where: str | None, rng: np.random.Generator) -> Effects:
    if where == "diffuse":
        veil = effusion.layered_effusion(chest, v)
        return Effects.of(chest.t, filled=veil, share=veil)
    fluid = effusion.effusion(chest, v)
    thinner = 1 - 0.22 * ramp(-0.3 - chest.height, 0.6)  # the chest is thinner above
    return Effects.of(chest.t, filled=fluid * thinner, cleared=fluid, share=fluid)


def _pneumothorax(chest: Chest, v: float, where: str | None, rng: np.random.Generator) -> Effects:
    air, line, dense = (
        draw(chest, v) for draw in (pneumothorax.emptied, pneumothorax.pleural_line, pneumothorax.fallen)
    )
    return Effects.of(
        chest.t, cleared=0.85 * air, filled=0.5 * dense, added=0.09 * line - (0.17 + 0.05 * v) * air, share=air
    )


def _consolidation(chest: Chest, v: float, where: str | None, rng: np.random.Generator) -> Effects:
    filled = consolidation.in_place(chest, where or "lower lobe", v)
    bronchi = 0.13 * v * consolidation.air_bronchograms(chest) * filled
    return Effects.of(chest.t, filled=(filled - bronchi).clamp(min=0), cleared=0.9 * filled, share=filled)


def _edema(chest: Chest, v: float, where: str | None, rng: np.random.Generator) -> Effects:
    water, lines = edema.haze(chest, v), edema.kerley_lines(chest, v)
    return Effects.of(
        chest.t,
        filled=0.92 * water,
        swollen=edema.swollen(chest, v),
        added=0.07 * lines * (1 + 0.8 * chest.tissue).clamp(0, 2),
        share=water.maximum(0.4 * lines),
    )


def _nodule(smallest: float, largest: float) -> Draw:
    def draw(chest: Chest, v: float, where: str | None, rng: np.random.Generator) -> Effects:
        depth, out = consolidation.ZONES.get(where or "", (rng.uniform(0.2, 0.8), rng.uniform(0.4, 0.7)))
        radius = smallest + (largest - smallest) * v
        balls = [_ball(chest, v, side, depth, out, radius) for side in (chest.left, 1 - chest.left)]
        ball = balls[0].maximum(balls[1])
        return Effects.of(chest.t, filled=min(0.85, 0.4 + 2.8 * radius) * ball, cleared=0.5 * ball, share=ball)

    return draw


def _ball(chest: Chest, v: float, side: Tensor, depth: float, out: float, radius: float) -> Tensor:
    """A ball about the pixel of a side that lies nearest to a depth and t."""
    off = (chest.depth - depth).square() + (chest.t - out).square() + 9 * (1 - side)
    at = int(off.argmin())
    return nodule.nodule(chest, v, float(chest.column.flatten()[at]), float(chest.row.flatten()[at]), radius) * side


def _atelectasis(chest: Chest, v: float, where: str | None, rng: np.random.Generator) -> Effects:
    plates = atelectasis.plates(chest, v, rng.uniform(-0.5, 0.5))
    airless = plates.maximum(atelectasis.collapsed_base(chest, v))
    return Effects.of(chest.t, filled=airless, cleared=0.7 * airless, share=airless)


def _emphysema(chest: Chest, v: float, where: str | None, rng: np.random.Generator) -> Effects:
    lost, walls, lung = emphysema.pruned(chest, v), emphysema.bullae(chest, v), emphysema.lung(chest)
    return Effects.of(chest.t, cleared=0.35 * lost, added=0.06 * walls - 0.19 * v * lung, share=v * lung)


def _mediastinum(chest: Chest, v: float, where: str | None, rng: np.random.Generator) -> Effects:
    wide = mediastinum.widening(chest, v)
    return Effects.of(chest.t, filled=wide, cleared=wide, share=wide)


EFFECTS: Mapping[str, Draw] = {
    "Pleural Effusion": _effusion,
    "Pneumothorax": _pneumothorax,
    "Consolidation": _consolidation,
    "Edema": _edema,
    "Lung Lesion": _nodule(0.045, 0.14),
    "Nodule": _nodule(0.03, 0.07),
    "Mass": _nodule(0.08, 0.18),
    "Atelectasis": _atelectasis,
    "Emphysema": _emphysema,
    "Enlarged Cardiomediastinum": _mediastinum,
}
"""Findings that change what fills the lungs. Those that move organs are in `moves`, devices in `devices`."""

IN_AIR = ("Pneumothorax", "Emphysema")
"""Findings that end where the lung that one sees does."""

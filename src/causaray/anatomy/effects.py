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
        fluid: share of the place that dense fluid fills from front to back, which hides what lies in it and under it.
        added: attenuation added, as a share of the contrast between lung and soft tissue; negative where air is gained.
        swollen: how far the vessels are widened and blurred.
        gathered: how strongly the vessels show that lay so many pixels to the right and down before the lung fell.
        from_x, from_y: these pixels.
        share: how much of each pixel is the finding; the truth that a map of it is measured by.
    """

    filled: Tensor
    cleared: Tensor
    fluid: Tensor
    added: Tensor
    swollen: Tensor
    gathered: Tensor
    from_x: Tensor
    from_y: Tensor
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
            name: 1 - (1 - getattr(self, name)) * (1 - getattr(other, name))
            for name in ("filled", "cleared", "fluid", "share")
        }
        summed = {
            name: getattr(self, name) + getattr(other, name)
            for name in ("added", "swollen", "gathered", "from_x", "from_y")
        }
        return Effects(**joined, **summed)


Draw = Callable[[Chest, float, str | None, np.random.Generator], Effects]
"""Chest, severity in (0, 1], location or kind, and what is left to chance."""


def _effusion(chest: Chest, v: float, where: str | None, rng: np.random.Generator) -> Effects:
    return effusion_effects(chest, v, where == "diffuse")


def effusion_effects(chest: Chest, v: float, layered: bool = False) -> Effects:
    """Of fluid that hides what lies in it and under it; layered: it lies behind the lung of a supine patient."""
    if layered:
        veil = effusion.layered_effusion(chest, v)
        return Effects.of(chest.t, filled=veil, share=veil)
    hidden = effusion.hiding(chest, v)
    thinner = 1 - 0.12 * ramp(-0.3 - chest.height, 0.6)  # the chest is thinner above
    share = effusion.effusion(chest, v)
    return Effects.of(chest.t, filled=hidden * thinner, cleared=hidden, fluid=hidden, share=share)


def _pneumothorax(chest: Chest, v: float, where: str | None, rng: np.random.Generator) -> Effects:
    lean, more = rng.uniform(-1, 1, 2)
    v = min(1.0, v * (1 + 0.15 * float(more)))  # what one calls severe differs
    return air_effects(chest, pneumothorax.FallenLung(chest, v, float(lean)), v)


def air_effects(chest: Chest, fallen: pneumothorax.FallenLung, v: float) -> Effects:
    """Of free air beside a lung that has fallen: no vessels where it is, and in the lung they are drawn together."""
    air, lung = fallen.emptied(), fallen.lung
    thick = 0.14 + 0.06 * (1 - chest.t.clamp(0, 1).square())  # of the lung that is gone, as its share of the contrast
    return Effects.of(
        chest.t,
        filled=fallen.denser(),
        cleared=air.maximum(lung),
        gathered=(1.05 - 0.35 * v) * lung,
        from_x=fallen.before.dx,
        from_y=fallen.before.dy,
        added=0.1 * fallen.line() - thick * (air + fallen.rounded_edge()),
        share=air,
    )


def _consolidation(chest: Chest, v: float, where: str | None, rng: np.random.Generator) -> Effects:
    filled = consolidation.in_place(chest, where or "lower lobe", v, float(rng.uniform(-1, 1)))
    bronchi = 0.15 * v * consolidation.air_bronchograms(chest) * filled
    return Effects.of(chest.t, filled=(filled - bronchi).clamp(min=0), cleared=0.9 * filled, share=filled)


def _edema(chest: Chest, v: float, where: str | None, rng: np.random.Generator) -> Effects:
    """A severe one overflows into both pleural spaces."""
    water = edema.haze(chest, v, float(rng.uniform(-1, 1)))
    lines, rings = edema.kerley_lines(chest, v), edema.cuffs(chest, v)
    spilled = float(rng.uniform(0.1, 0.3)) * max(0.0, v - 0.5) / 0.5
    fluid = effusion.effusion(chest, 0.1 + spilled) if spilled > 0 else torch.zeros_like(chest.t)
    return Effects.of(
        chest.t,
        filled=1 - (1 - 0.9 * water) * (1 - 0.6 * fluid),
        cleared=fluid,
        swollen=edema.swollen(chest, v),
        added=0.11 * lines + 0.1 * rings,
        share=water.maximum(0.4 * lines).maximum(fluid),
    )


def _nodule(smallest: float, largest: float, attached: float) -> Draw:
    """Lesions of these radii, of which a share lies at the wall or the hilum."""

    def draw(chest: Chest, v: float, where: str | None, rng: np.random.Generator) -> Effects:
        depth, out = _lung_place(rng, attached)
        depth, out = consolidation.ZONES.get(where or "", (depth, out))
        outline = nodule.Outline.drawn(rng)
        radius = smallest + (largest - smallest) * v
        balls = [_ball(chest, v, side, depth, out, radius, outline) for side in (chest.left, 1 - chest.left)]
        ball = balls[0].maximum(balls[1])
        dense = min(0.9, 0.5 + 2.6 * radius)
        return Effects.of(chest.t, filled=dense * ball, cleared=(1.2 * ball).clamp(max=0.8), share=ball)

    return draw


def _lung_place(rng: np.random.Generator, attached: float) -> tuple[float, float]:
    """Depth and t of a lesion, beside the heart; one that is attached lies at the hilum or the wall."""
    if rng.uniform() < attached:
        return (
            (rng.uniform(0.45, 0.6), 0.36) if rng.uniform() < 0.4 else (rng.uniform(0.2, 0.7), rng.uniform(0.84, 0.9))
        )
    depth = rng.uniform(0.2, 0.8)
    return depth, rng.uniform(0.4 + 0.25 * depth, 0.78)


def _ball(
    chest: Chest, v: float, side: Tensor, depth: float, out: float, radius: float, outline: nodule.Outline
) -> Tensor:
    """A lesion about the pixel of a side that lies nearest to a depth and t."""
    off = (chest.depth - depth).square() + (chest.t - out).square() + 9 * (1 - side)
    at = int(off.argmin())
    column, row = (float(sheet.expand_as(off).flatten()[at]) for sheet in (chest.column, chest.row))
    return nodule.nodule(chest, v, column, row, radius, outline) * side


def _atelectasis(chest: Chest, v: float, where: str | None, rng: np.random.Generator) -> Effects:
    plates = atelectasis.plates(chest, v, rng.uniform(-0.5, 0.5))
    base = atelectasis.crowded_base(chest, v).maximum(atelectasis.collapsed_base(chest, v))
    airless = 1 - (1 - plates) * (1 - base)
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
    "Lung Lesion": _nodule(0.045, 0.14, 0.3),
    "Nodule": _nodule(0.032, 0.072, 0.1),
    "Mass": _nodule(0.085, 0.19, 0.45),
    "Atelectasis": _atelectasis,
    "Emphysema": _emphysema,
    "Enlarged Cardiomediastinum": _mediastinum,
}
"""Findings that change what fills the lungs. Those that move organs are in `moves`, devices in `devices`."""

IN_AIR = ("Pneumothorax", "Emphysema")
"""Findings that end where the lung that one sees does."""

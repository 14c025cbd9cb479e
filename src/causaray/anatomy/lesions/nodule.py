"""Nodules and masses: lobulated, spiculated or without a clear border; thinner toward the edge, never quite round."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from causaray.anatomy.lesions.chest import Chest, Severity, as_tensor, present
from causaray.anatomy.shapes import ramp

Place = float | Tensor
_ANGLES = 360


@dataclass(frozen=True, eq=False)
class Outline:
    """How far a lesion reaches in each direction, in radii (_ANGLES,), and how far its spicules do beyond that.

    `fade` is the power of its thickness: 0.5 is a ball, more of it an edge that one cannot see.
    """

    reach: Tensor
    spicules: Tensor
    fade: float

    @classmethod
    def round(cls) -> Self:
        """A ball."""
        return cls(torch.ones(_ANGLES), torch.zeros(_ANGLES), 0.5)

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Self:
        """One of the kinds that there are, by lot."""
        kind = rng.choice(["lobulated", "spiculated", "ill-defined"], p=[0.45, 0.3, 0.25])
        angle = torch.arange(_ANGLES) * (2 * math.pi / _ANGLES)
        lobes = {2: 0.1, 3: 0.08, 4: 0.045, 5: 0.04, 7: 0.025, 11: 0.015}
        reach = torch.ones(_ANGLES)
        for waves, height in lobes.items():
            reach += height * float(rng.normal()) * torch.cos(waves * angle + float(rng.uniform(0, 2 * math.pi)))
        spicules = torch.zeros(_ANGLES)
        for _ in range(int(rng.integers(9, 16)) if kind == "spiculated" else 0):
            off = torch.remainder(angle - float(rng.uniform(0, 2 * math.pi)) + math.pi, 2 * math.pi) - math.pi
            spicules += float(rng.uniform(0.3, 0.8)) * torch.exp(-(off / float(rng.uniform(0.05, 0.11))).square())
        fade = {"lobulated": 0.75, "spiculated": 0.95, "ill-defined": 1.5}[kind]
        return cls(reach.clamp(0.7, 1.4), spicules.clamp(max=1.0), fade)


def nodule(
    chest: Chest, severity: Severity, column: Place, row: Place, radius: Place, outline: Outline | None = None
) -> Tensor:
    """Thickness of a lesion of this radius about a place in the picture, in [0, 1]."""
    shape, size = outline or Outline.round(), as_tensor(radius)
    right, down = chest.column - column, chest.row - row
    way = (right.square() + down.square()).sqrt() / size
    reach, spicules = (_at(sheet, right, down) for sheet in (shape.reach, shape.spicules))
    wider = 1 + 0.25 * (shape.fade - 0.5)  # what fades out is seen smaller than it is
    body = (1 - (way / (wider * reach)).square()).clamp(min=0) ** shape.fade
    rays = 0.3 * spicules * ramp(reach + 0.9 * spicules - way, 1.2)
    uneven = (1 + 0.16 * chest.tissue).clamp(0.6, 1.1)
    return body.maximum(rays).mul(uneven).clamp(max=1) * present(severity)


def _at(sheet: Tensor, right: Tensor, down: Tensor) -> Tensor:
    """What a sheet over the directions says in the direction of each place."""
    turn = torch.remainder(torch.atan2(down, right) / (2 * math.pi), 1.0) * _ANGLES
    first = turn.floor()
    low, high = (sheet[(first + more).long() % _ANGLES] for more in (0, 1))
    return low + (high - low) * (turn - first)

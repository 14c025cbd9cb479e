"""Findings that move or enlarge organs, as displacements of a film."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.lesions import fracture as broken
from causaray.anatomy.lesions.chest import Chest
from causaray.anatomy.shapes import ramp
from causaray.anatomy.warps import Move, Outline, dome_moved, shifted, widened

LEFT_SHARE = 0.66
"""Of the growth of a heart: so much of it goes to the left."""


def cardiomegaly(place: Coordinates, v: float, tissue: Tensor, rng: np.random.Generator) -> Move:
    """The borders of the heart move outward, the left one more: the cardiothoracic ratio grows by 0.03 to 0.19.

    Hila and great vessels stay: on the left the border bulges from below the hilum to a low apex, on the right
    where the atrium is.
    """
    outline = Outline.of(place)
    left, waist = LEFT_SHARE + 0.1 * float(rng.uniform(-1, 1)), float(rng.uniform(0.36, 0.5))
    grow = (0.02 + 0.21 * v) * outline.thorax * (1 + 0.05 * tissue[0, 0])
    return _borders_moved(place, outline, (1 - left) * grow, left * grow, waist)


def smaller_heart(place: Coordinates, less: float) -> Move:
    """The borders of the heart move inward by a share of the width of the chest, as they move outward where it grows.

    The lung beside it is widened, the spine and what lies under the dome stay.
    """
    outline = Outline.of(place)
    shrink = torch.full(place.t.shape[-2:], -less * outline.thorax)
    inward = _borders_moved(place, outline, (1 - LEFT_SHARE) * shrink, LEFT_SHARE * shrink, 0.43)
    return inward.on(ramp(0.05 - place.below, 0.2))


def _borders_moved(place: Coordinates, outline: Outline, right: Tensor, left: Tensor, waist: float) -> Move:
    """The borders of the heart moved outward by at most so many pixels (H, W), where ventricle and atrium bulge."""
    depth, under = place.depth_in_lung[0, 0], ramp(place.apex[0, 0] - 0.2, 0.2) * ramp(0.3 - place.height[0, 0], 0.3)
    apex = 1 - 0.35 * ramp(depth - 1.0, 0.4)  # rounded, with the lung's angle beside it
    ventricle = _rounded((depth - waist + 0.02) / 0.34) * under * apex
    atrium = _rounded((depth - waist + 0.06) / 0.4) * under * (1 - 0.3 * ramp(depth - 0.95, 0.4))
    return Move(widened(outline, right * atrium, left * ventricle), torch.zeros_like(place.t))


def _rounded(way: Tensor) -> Tensor:
    """From 0 at 0 to 1 at 1, bulging between."""
    return torch.sin(way.clamp(0, 1) * (math.pi / 2)) ** 1.25


def pushed(place: Coordinates, v: float, left: bool) -> Move:
    """Heart and mediastinum stand away from a side that air overfills, from severity 0.6 on."""
    push = _overfull(v) * 0.12 * place.t.shape[-1] / 2
    return Move(shifted(place, -push if left else push), torch.zeros_like(place.t))


def leaning(place: Coordinates, v: float, left: bool) -> Move:
    """The other border of the heart moves away from a side that fluid overfills, from severity 0.6 on; fluid hides the
    near one."""
    outline = Outline.of(place)
    under = ramp(place.apex[0, 0] - 0.2, 0.2) * ramp(0.3 - place.height[0, 0], 0.3)
    grow = _overfull(v) * 0.1 * outline.thorax * _rounded((place.depth_in_lung[0, 0] - 0.15) / 0.5) * under
    none = torch.zeros_like(grow)
    return Move(widened(outline, *((grow, none) if left else (none, grow))), torch.zeros_like(place.t))


def _overfull(v: float) -> float:
    return max(0.0, v - 0.6) / 0.4


def lost_volume(place: Coordinates, v: float, left: bool) -> Move:
    """The dome rises on a side that has collapsed, and the mediastinum is drawn to it."""
    half, side = place.t.shape[-1] / 2, ramp(place.x if left else -place.x, 0.3)
    draw = 0.06 * ramp(torch.tensor(v - 0.4), 0.5) * half
    up = -(0.03 + 0.1 * v) * half
    return Move(shifted(place, float(draw if left else -draw)), dome_moved(place, side, torch.as_tensor(up)))


def overinflated(place: Coordinates, v: float) -> Move:
    """Both domes stand low and flat, and the heart is slim."""
    half, outline = place.t.shape[-1] / 2, Outline.of(place)
    slim = torch.full(place.t.shape[-2:], -0.03 * v * outline.thorax) * ramp(place.height[0, 0] + 0.7, 0.5)
    down = torch.as_tensor(0.13 * v * half)
    return Move(widened(outline, 0.4 * slim, 0.6 * slim), dome_moved(place, torch.ones_like(place.t), down))


def fracture(chest: Chest, v: float, rng: np.random.Generator) -> tuple[Move, Tensor]:
    """The outer piece of a rib moved down, and the bruise (1, 1, H, W) about the break."""
    depth, out = rng.uniform(0.3, 0.85), rng.uniform(0.66, 0.85)
    down = broken.displacement(chest, v, depth, out) / chest.pixel
    return Move(torch.zeros_like(down), -down), broken.bruise(chest, v, depth, out)


Draw = Callable[[Coordinates, float, Tensor, np.random.Generator], Move]
UNSIDED: Mapping[str, Draw] = {
    "Cardiomegaly": cardiomegaly,
    "Emphysema": lambda place, v, tissue, rng: overinflated(place, v),
}
SIDED: Mapping[str, Callable[[Coordinates, float, bool], Move]] = {
    "Pneumothorax": pushed,
    "Atelectasis": lost_volume,
}
"""Move of a side that has the finding: place, severity, whether it is the left one."""

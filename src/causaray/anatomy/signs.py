"""Signs of a chest film, measured on its coordinates and its attenuation: no figure here is learned from labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.film import attenuation, edge_kept, without_vessels
from causaray.anatomy.shapes import ramp
from causaray.nets.guide import blur

SIDES = ("right", "left")
ZONES = ("upper", "middle", "lower")
_THIRDS = ((0.0, 1 / 3), (1 / 3, 2 / 3), (2 / 3, 1.0))


@dataclass(frozen=True)
class Signs:
    """What is measured of one film; of two sides the patient's right is first. None where it cannot be measured.

    Attributes:
        cardiothoracic_ratio: greatest width of the heart over greatest inner width of the thorax.
        lung_area: area of each lung, the part behind the heart included, over the square of the thorax's width.
        dome_height: how far each dome of the diaphragm lies below the apex of its lung, over the thorax's width.
        angle_blunting: opacity of each outer angle between diaphragm and wall, 0 as aerated lung, 1 as soft tissue.
        opacity: of each lung's upper, middle and lower third, the median, on the same scale.
        lucency: share of each lung that is not dense and shows no vessels.
    """

    cardiothoracic_ratio: float | None
    lung_area: tuple[float, float] | None
    dome_height: tuple[float, float] | None
    angle_blunting: tuple[float, float] | None
    opacity: tuple[tuple[float, float, float], tuple[float, float, float]] | None
    lucency: tuple[float, float] | None

    def record(self) -> dict[str, Any]:
        """As JSON: {"cardiothoracic_ratio": 0.47, "lung_area": {"right": ..., "left": ...}, ...}."""
        told: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            told[field.name] = _by_side(value) if isinstance(value, tuple) else _rounded(value)
        return told


def change(before: Any, after: Any) -> Any:
    """After minus before, of figures or of mappings of them, as records of signs are; None where one is not known."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return {name: change(before[name], after[name]) for name in before}
    if before is None or after is None or isinstance(before, Mapping) or isinstance(after, Mapping):
        return None
    return round(after - before, 3)


def measure(film: Tensor, place: Coordinates, with_lucency: bool = True) -> Signs:
    """The signs of one film (1, 1, S, S) in [0, 1] of these coordinates, all at one resolution.

    Lucency takes half of the time, and may be left out.
    """
    lungs = [(getattr(place, side) > 0.5) for side in SIDES]
    if any(int(lung.sum()) < 40 for lung in lungs):
        return Signs(None, None, None, None, None, None)
    heart, thorax = widths(place)
    density = opacity(film, place)
    bare = unmarked(film, place, density) if with_lucency else None
    return Signs(
        heart / thorax,
        _pair(*(float(lung.sum()) / thorax**2 for lung in lungs)),
        _pair(*(_dome_height(place, lung, thorax) for lung in lungs)),
        _pair(*(_blunting(density, place, side) for side in SIDES)),
        _pair(*(_by_zone(density, place, lung) for lung in lungs)),  # type: ignore[arg-type]
        None if bare is None else _pair(*(float(bare[lung].mean()) for lung in lungs)),
    )


def widths(place: Coordinates) -> tuple[float, float]:
    """Greatest width of the heart, and greatest inner width of the thorax, in pixels.

    The heart reaches from its farthest point on the right of the midline to its farthest on the left.
    """
    low = (place.depth_in_lung > 0.4) & (place.below < 0.02)
    heart = _extent((place.silhouette * low)[0, 0])
    thorax = _extent(place.lungs[0, 0])
    return heart, max(thorax, 1.0)


def _extent(mask: Tensor) -> float:
    """From the first to the last column that a mask in [0, 1] reaches, to a fraction of a pixel."""
    profile = mask.topk(3, dim=0).values[2]  # three rows agree
    inside = torch.nonzero(profile > 0.5)[:, 0]
    if not len(inside):
        return 0.0
    first, last = int(inside[0]), int(inside[-1])

    def crossing(at: int, beyond: int) -> float:
        if not 0 <= beyond < len(profile):
            return 0.5
        high, low = float(profile[at]), float(profile[beyond])
        return min(1.0, (high - 0.5) / max(high - low, 1e-6))

    return last - first + crossing(last, last + 1) + crossing(first, first - 1)


def opacity(film: Tensor, place: Coordinates) -> Tensor:
    """How dense each pixel (1, 1, S, S) is: 0 as the clearest quarter of this patient's lungs, 1 as soft tissue."""
    unit = film.shape[-1] / 128
    whole = edge_kept(attenuation(film), unit)
    aerated = whole[(place.aerated > 0.8) & (place.t < 0.85)]
    solid = whole[
        ((place.heart > 0.75) & (place.height > -0.5)) | ((place.below > 0.06) & (place.below < 0.3) & (place.t < 0.7))
    ]
    if min(aerated.numel(), solid.numel()) < 20:
        return torch.zeros_like(whole)
    clear, dense = float(aerated.quantile(0.2)), float(solid.median())
    return (whole - clear) / max(dense - clear, 0.1)


def unmarked(film: Tensor, place: Coordinates, density: Tensor) -> Tensor:
    """1 where the lung is as dark as air and shows no vessels, 0 where it does, between them doubt: (1, 1, S, S).

    Vessels are what is narrow along the ribs. The measure is the lung of the two that has more of them, and is denser:
    a lung that is emptied is seen against the other.
    """
    unit = film.shape[-1] / 128
    whole = attenuation(film)
    vessels = whole - without_vessels(whole, edge_kept(whole, unit), unit)
    strength = blur(vessels.square(), 2.5 * unit).clamp(min=0).sqrt()
    seen = [(getattr(place, side) > 0.8) & (place.heart < 0.3) & (place.t < 0.85) for side in SIDES]
    if any(int(lung.sum()) < 20 for lung in seen):
        return torch.zeros_like(whole)
    usual = max(float(strength[lung].median()) for lung in seen)
    clear = max(float(density[lung].quantile(0.2)) for lung in seen)
    return ramp(1.0 - strength / max(usual, 1e-4), 0.2) * ramp(0.1 + clear - density, 0.2)


def _dome_height(place: Coordinates, lung: Tensor, thorax: float) -> float:
    """Rows from the highest to the lowest that this lung reaches midway between spine and wall, over the width."""
    column = (lung & (place.t > 0.35) & (place.t < 0.6))[0, 0].any(1)
    rows = torch.nonzero(column)[:, 0]
    return float(rows[-1] - rows[0] + 1) / thorax if len(rows) else float("nan")


def _blunting(density: Tensor, place: Coordinates, side: str) -> float:
    """Opacity just above the dome where it meets the wall: of the clearest third, as dome and wall are close by."""
    half = place.left_half if side == "left" else 1 - place.left_half
    angle = (half > 0.5) & (place.t > 0.7) & (place.t < 0.92) & (place.below < -0.02) & (place.below > -0.14)
    angle &= place.height > -0.16
    return float(density[angle].quantile(0.3)) if int(angle.sum()) >= 4 else float("nan")


def _by_zone(density: Tensor, place: Coordinates, lung: Tensor) -> tuple[float, ...]:
    depth, seen = place.depth_in_lung, lung & (place.heart < 0.4) & (place.t < 0.9) & (place.below < -0.03)
    found = []
    for low, high in _THIRDS:
        zone = seen & (depth >= low) & ((depth < high) | (high == 1.0))
        found.append(float(density[zone].median()) if int(zone.sum()) >= 8 else float("nan"))
    return tuple(found)


def _pair(right: float, left: float) -> tuple[float, float]:
    return right, left


def _by_side(value: tuple[Any, Any]) -> dict[str, Any]:
    return {
        side: dict(zip(ZONES, map(_rounded, one), strict=True)) if isinstance(one, tuple) else _rounded(one)
        for side, one in zip(SIDES, value, strict=True)
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None or value != value else round(value, 3)

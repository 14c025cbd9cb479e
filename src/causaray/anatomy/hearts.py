"""A heart enlarged on a film: what lies at large is moved with it, ribs and lines stay where they are."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.film import along_ribs, blurred_within, edge_kept, spread
from causaray.anatomy.shapes import ramp
from causaray.anatomy.warps import Move, pixel_grid
from causaray.nets.guide import blur

_WAYS = (-6, -4, -2, 0, 2, 4, 6)


def enlarged(whole: Tensor, place: Coordinates, move: Move) -> tuple[Tensor, Tensor]:
    """What a heart grown as `move` says adds to the attenuation of a film, and the share of it that is new heart.

    The border keeps the sharpness that it has in this film. Vessels of the lung fade where the heart covers them.
    """
    unit = max(whole.shape[-2:]) / 128
    old = blur(place.silhouette, unit)
    seam = ramp(5 - _inside(old, unit).abs(), 5.0) * (move.dx.abs() / unit).clamp(max=1) * _upright(old)
    base = edge_kept(whole, unit)
    base = base + seam * (_along_border(whole, old, unit) - base)
    above = ramp(0.015 - place.below, 0.07) * (move.dx != 0)
    new = above * (ramp(_inside(move.apply(old), unit), 2.0) - ramp(_inside(old, unit), 2.0)).clamp(min=0)
    lines = whole - base  # of the old border nothing may be left among them
    dulled = new.maximum(seam) * above * (lines.clamp(-0.04, 0.03) - lines)
    vessels = (whole - along_ribs(whole, unit)).clamp(-0.05, 0.05)
    moved = _on_dome(move.apply(base), move.apply(place.silhouette), place, unit)
    more = moved - base
    covered = ramp(_inside(move.apply(old), unit) + 1, 4.0)
    more = covered * more + (1 - covered) * more.clamp(0, 0.08)  # the lung beside it is squeezed, not emptied
    added = above * more + dulled - new * (1 - seam) * vessels
    added = added + _evened(whole + added, above * move.apply(old), move, place, unit)
    return added + 0.4 * new * (1 - seam) * vessels, new  # those of the lung behind the heart are seen through it


def left_behind(place: Coordinates, move: Move) -> Tensor:
    """Share of each pixel that heart was before its borders moved in, and is no more."""
    unit = max(place.t.shape[-2:]) / 128
    old = blur(place.silhouette, unit)
    above = ramp(0.015 - place.below, 0.07) * (move.dx != 0)
    return above * (ramp(_inside(old, unit), 2.0) - ramp(_inside(move.apply(old), unit), 2.0)).clamp(min=0)


def _evened(after: Tensor, heart: Tensor, move: Move, place: Coordinates, unit: float) -> Tensor:
    """What takes from a grown heart the streaks of its old border, stretched, and of the lung that it covers.

    What stands out no more than things do within this patient's own heart stays: a heart without any looks airbrushed.
    """
    inside = ramp(heart - 0.7, 0.5)
    streaks = blur(after, 0.25 * unit) - blurred_within(after, inside, 3 * unit)
    within = (place.silhouette > 0.9) & (place.x.abs() > 0.2) & (place.height > -0.5) & (place.below < -0.02)
    usual = 0.4 * spread(streaks[within]) if int(within.sum()) > 20 else 0.004
    beside_spine = ramp(place.x.abs() - 0.14, 0.12) * (move.dx.abs() / unit).clamp(max=1)
    return beside_spine * inside * (streaks.clamp(-usual, usual) - streaks)


def _on_dome(moved: Tensor, silhouette: Tensor, place: Coordinates, unit: float) -> Tensor:
    """The moved attenuation, with no lung left between the apex and the diaphragm: a large heart lies on it."""
    apex, heart = (_sunk(sheet, round(9 * unit)) for sheet in (silhouette, moved * silhouette))
    return moved + blur(apex * ramp(place.height + 0.12, 0.2) * (heart - moved).clamp(min=0), 0.7 * unit)


def _sunk(sheet: Tensor, rows: int) -> Tensor:
    """Each pixel as the greatest of so many above it."""
    return F.max_pool2d(F.pad(sheet, (0, 0, rows, 0)), (rows + 1, 1), 1)


def _inside(silhouette: Tensor, unit: float) -> Tensor:
    """About how far inside of a border each pixel lies, in 128ths of the image side, however softly it was read."""
    down, right = (torch.gradient(silhouette, dim=dim)[0] for dim in (2, 3))
    steep = (down.square() + right.square()).sqrt().clamp(min=0.05 / unit)
    return (silhouette - 0.5) / steep / unit


def _upright(silhouette: Tensor) -> Tensor:
    """1 where a border runs up and down, 0 where it is level, as under the heart."""
    down, right = (torch.gradient(silhouette, dim=dim)[0].square() for dim in (2, 3))
    return right / (right + down).clamp(min=1e-9)


def _along_border(image: Tensor, silhouette: Tensor, unit: float) -> Tensor:
    """Mean along the border of a silhouette: what runs along it is kept, ribs that cross it are lost."""
    down, right = (torch.gradient(blur(silhouette, 3 * unit), dim=dim)[0] for dim in (2, 3))
    steep = (down.square() + right.square()).sqrt().clamp(min=1e-6)
    height, width = image.shape[-2:]
    step = torch.stack([-down[:, 0] / steep[:, 0] * 2 / width, right[:, 0] / steep[:, 0] * 2 / height], -1) * unit
    here = pixel_grid(height, width)
    total = torch.zeros_like(image)
    for way in _WAYS:
        total += F.grid_sample(image, here + way * step, padding_mode="border", align_corners=False)
    return total / len(_WAYS)

"""A film as attenuation, taken apart into what lies at large, the ribs, and the vessels of the lungs."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.shapes import ramp
from causaray.anatomy.warps import pixel_grid
from causaray.nets.guide import blur

SLOPE, MIDDLE, FULL = 3.0, 0.52, 1.55
"""Of the display curve: its steepness, the attenuation in its middle, and the one shown as white."""
_BLACK = 1 / (1 + 2.718281828 ** (SLOPE * MIDDLE))
_WHITE = 1 / (1 + 2.718281828 ** (-SLOPE * (FULL - MIDDLE)))


def attenuation(film: Tensor) -> Tensor:
    """What a film in [0, 1] shows, as attenuation along each ray: 0 in free air, about 1 through the belly.

    The display curve of a radiograph is about a sigmoid of the logarithm of the dose; this is its inverse.
    """
    return MIDDLE + torch.logit((film * (_WHITE - _BLACK) + _BLACK).clamp(0.02, 0.98)) / SLOPE


def exposed(attenuation: Tensor) -> Tensor:
    """The film in [0, 1] of an attenuation, the inverse of `attenuation`."""
    return ((torch.sigmoid(SLOPE * (attenuation - MIDDLE)) - _BLACK) / (_WHITE - _BLACK)).clamp(0, 1)


@dataclass(frozen=True, eq=False)
class Layers:
    """Attenuation of a film (1, 1, H, W), taken apart; all of the same shape, but for the numbers.

    Attributes:
        whole: the attenuation itself.
        base: without ribs and vessels, edges of organs kept.
        vessels: what is fine and does not run along a rib.
        grain: what is finer than any vessel.
        soft: what soft tissue without air would show at each place, by the patient's own heart and belly.
        water: what a side of the chest full of fluid would show: no less than `soft`, nearly as much as the belly.
        contrast: how much denser that is than aerated lung, for this film.
    """

    whole: Tensor
    base: Tensor
    vessels: Tensor
    grain: Tensor
    soft: Tensor
    water: Tensor
    contrast: float

    @classmethod
    def of(cls, whole: Tensor, place: Coordinates) -> Layers:
        """Take apart the attenuation of a film whose coordinates are known at the same resolution."""
        unit = max(whole.shape[-2:]) / 128
        belly = (place.below > 0.05) & (place.below < 0.35) & (place.t < 0.8)
        heart = place.heart > 0.6
        lung = _median(whole, (place.aerated > 0.9) & (place.t < 0.8))
        solid = _median(whole, belly | (heart & (place.height > -0.5)))
        solid = solid if solid - lung > 0.15 else lung + 0.15
        dense = whole > lung + 0.6 * (solid - lung)  # gas of the stomach is no soft tissue, nor lung taken for heart
        known = (0.5 * (heart & dense) + (belly & dense)).clamp(max=1).maximum(0.4 * _chest_wall(place))
        soft = _spread(whole, known, solid, 0.05).clamp(lung + 0.1, solid + 0.25)
        full = belly & dense & (place.below > 0.15)  # under the dome itself there is lung before and behind
        thick = _median(whole, full) if bool(full.any()) else solid
        most = blur(soft, 10 * unit) + 0.05 + 0.03 * ramp(place.height + 0.35, 0.7)  # the chest is thicker below
        water = _spread(whole, full.float(), thick, 0.05).minimum(most).maximum(soft)
        base = edge_kept(whole, unit)
        calm = blur(whole, 0.4 * unit)
        vessels = (calm - without_vessels(calm, base, unit)).clamp(-0.08, 0.08)  # what stands out more is bone or metal
        grain = (whole - calm).clamp(-0.02, 0.02)  # what stands out more is an edge
        return cls(whole, base, vessels, grain, soft, water, min(max(solid - lung, 0.15), 0.8))


def edge_kept(image: Tensor, unit: float, softness: float = 0.012) -> Tensor:
    """Smoothed over ribs, but not over the outlines of organs: the guided filter (He et al. 2013), its own guide.

    `unit` is a 128th of the image side in pixels, `softness` the variance above which an edge is kept.
    """
    radius = max(2, round(3.5 * unit))
    mean = _box(image, radius)
    variance = (_box(image.square(), radius) - mean.square()).clamp(min=0)
    share = variance / (variance + softness)
    return _box(share, radius) * image + _box((1 - share) * mean, radius)


def blurred_within(image: Tensor, where: Tensor, sigma: float) -> Tensor:
    """Smoothed over `where`, a share in [0, 1], alone: nothing from outside comes in (normalised convolution)."""
    return blur(image * where, sigma) / blur(where, sigma).clamp(min=1e-3)


def spread(values: Tensor) -> float:
    """Standard deviation about 0 of most of the values (N,), by the median of their size; 0 of none."""
    return 1.48 * float(values.abs().median()) if values.numel() else 0.0


def along_ribs(image: Tensor, unit: float) -> Tensor:
    """Smoothed along the strongest lines of the neighbourhood, which in the lungs are the ribs: vessels are lost.

    The direction is that of the structure tensor (Weickert 1999).
    """
    across = _across(blur(image, 0.7 * unit), 5.5 * unit)
    ways = (-3, -2, -1, 0, 1, 2, 3)
    return torch.stack([_shifted(image, across, way * 2 * unit) for way in ways]).mean(0)


def without_vessels(image: Tensor, base: Tensor, unit: float) -> Tensor:
    """The median of a few points along the ribs: what is narrow in that direction is lost, ribs keep their edges."""
    across = _across(blur(image - base, 0.7 * unit), 4 * unit)
    taps = [_shifted(image, across, way * 1.2 * unit) for way in (-3, -2, -1, 0, 1, 2, 3)]
    return torch.cat(taps).median(0, keepdim=True).values


def _across(fine: Tensor, reach: float) -> Tensor:
    """Angle (1, 1, H, W) of the direction in which the neighbourhood changes most, by the structure tensor."""
    down, right = (torch.gradient(fine, dim=dim)[0] for dim in (2, 3))
    jxx, jyy, jxy = (blur(v, reach) for v in (right * right, down * down, right * down))
    return 0.5 * torch.atan2(2 * jxy, jxx - jyy)


def _shifted(image: Tensor, across: Tensor, pixels: float) -> Tensor:
    """The image seen so many pixels further along, at right angles to `across`."""
    height, width = image.shape[-2:]
    here = pixel_grid(height, width)
    step = torch.stack([-across.sin() / width, across.cos() / height], -1)[:, 0]
    return F.grid_sample(image, here + 2 * pixels * step, padding_mode="border", align_corners=False)


def _box(x: Tensor, radius: int) -> Tensor:
    """Mean over a square, the border repeated: by running sums, as fast for a large square as for a small one."""
    side = 2 * radius + 1
    for dim, margin in ((3, (radius + 1, radius, 0, 0)), (2, (0, 0, radius + 1, radius))):
        total = F.pad(x, margin, mode="replicate").double().cumsum(dim)
        length = total.shape[dim]
        x = ((total.narrow(dim, side, length - side) - total.narrow(dim, 0, length - side)) / side).to(x.dtype)
    return x


def _chest_wall(place: Coordinates) -> Tensor:
    """1 beside and above the lungs, where muscle and bone are as thick as before the lung nearby."""
    width = 0.1 + 0.18 * (place.height < -0.45)
    beside = (place.t > 1.02) & (place.t < 1.02 + width) & (place.apex > 0.0) & (place.height < -0.25)
    above = (place.apex > -0.3) & (place.apex < -0.04) & (place.x.abs() < 0.6)
    return (beside | above).float()


def _median(values: Tensor, where: Tensor) -> float:
    chosen = values[where]
    return float((chosen if chosen.numel() > 20 else values).median())


def _spread(values: Tensor, weight: Tensor, otherwise: float, sigma: float) -> Tensor:
    """Values where they are known carried on to where they are not (normalised convolution).

    What is near counts most, then what is within three times as far, and last a number.
    """
    height, width = values.shape[-2:]
    known, total = (F.interpolate(x, size=(64, 64), mode="area") for x in (values * weight, weight))
    beyond = torch.full_like(known, otherwise)
    for reach in (3 * sigma, sigma):
        near, count = (blur(x, 64 * reach) for x in (known, total))
        beyond = (near + 0.02 * beyond) / (count + 0.02)
    return F.interpolate(beyond, size=(height, width), mode="bilinear", align_corners=False)

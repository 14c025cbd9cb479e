"""A lung that fluid leaves: what the patient's other lung shows at the same place.

No film tells what lies under fluid, so the decoder of edits R paints it as a blur. The other lung of the patient is a
better guess: it has this film's ribs, vessels and grain. Each pixel under the fluid is taken from the pixel of the
other lung that lies at the same place of the chest (`anatomy.coordinates`), brought to the brightness of the lung that
is seen above the fluid, and half of the way to the one that R paints.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.film import attenuation, blurred_within, exposed
from causaray.anatomy.shapes import ramp
from causaray.nets.guide import blur

SIDE = 128
"""Pixels a side at which places are matched."""
LITTLE, OTHER = 0.0035, 0.3
"""Fluid that fills less of a film than the first is painted away, and so is what lies on both sides: on the other one
more than so much of it."""
_SEEN, _UNDER = 0.12, 0.45
"""Share of fluid under which a lung is seen, and how much of a pixel has to be lung."""


def one_sided(place: Coordinates, share: Tensor) -> bool | None:
    """Whether the fluid of a film, a share (1, 1, s, s), lies on the left; None where it lies on both sides, or is
    little."""
    left = place.resized(*share.shape[-2:]).left_half
    sides = {True: float((share * left).mean()), False: float((share * (1 - left)).mean())}
    most = max(sides, key=lambda side: sides[side])
    return most if sides[most] > LITTLE and sides[not most] < OTHER * sides[most] else None


def cleared(
    film: Tensor, place: Coordinates, share: Tensor, left: bool, painted: Tensor, amount: float = 1.0
) -> Tensor:
    """A film (1, 1, S, S) in [0, 1] that loses the fluid of one side.

    place: coordinates of the chest, of any size; share (1, 1, s, s): the fluid; painted (1, 1, s, s): the film as R
    makes it without; amount: how much of the fluid goes, 0 to 1. What nothing reaches stays as it is, bit for bit.
    """
    small, size = place.resized(SIDE, SIDE), film.shape[-2:]
    half, unit = small.left_half if left else 1 - small.left_half, max(size) / 128

    def fine(sheet: Tensor) -> Tensor:
        return F.interpolate(sheet, size, mode="bilinear", align_corners=False)

    fluid = F.interpolate(share, (SIDE, SIDE), mode="bilinear", align_corners=False) * half
    under = (blur(fluid, 3.0) > 0.02) & (half > 0) & (small.t < 1.2)
    beside = (half == 0) & (small.t < 1.1) & (small.silhouette < 0.35)
    if int(under.sum()) < 20 or int(beside.sum()) < 20:
        return film
    where, known = _same_place(small, under[0, 0], beside[0, 0])
    whole, covered = attenuation(film), blur(fine(fluid), 1.5 * unit)
    other = F.grid_sample(
        whole, fine(where).permute(0, 2, 3, 1), mode="bicubic", padding_mode="border", align_corners=False
    )
    seen = (fine(known) > 0.9) * ramp(_SEEN - covered, 0.1) * ramp(0.98 - fine(small.t), 0.1)
    other = other + (blurred_within(whole - other, seen, 10 * unit) * (blur(seen, 10 * unit) > 1e-3)).clamp(-0.15, 0.15)
    lung = fine(known) * ramp(fine(small.aerated) - _UNDER, 0.6)
    other = other + 0.5 * blurred_within(attenuation(fine(painted)) - other, lung, 6 * unit)
    blend = amount * lung * ramp(covered - _SEEN, 0.2)
    return torch.where(blend == 0, film, exposed(whole + blend * (other - whole)))


def _same_place(place: Coordinates, under: Tensor, beside: Tensor) -> tuple[Tensor, Tensor]:
    """Of pixels `under` (h, w) the pixel among `beside` that lies at the same place of the other lung, as `grid_sample`
    takes it (1, 2, h, w), smoothed; and 1 where there is one."""
    features = torch.cat([place.t, 1.2 * place.below, 0.6 * place.height, 0.15 * place.apex], 1)[0].permute(1, 2, 0)
    here, there = torch.nonzero(under), torch.nonzero(beside)
    nearest = there[torch.cdist(features[under], features[beside]).argmin(1)]
    where, known = torch.zeros(1, 2, *under.shape), under[None, None].float()
    for channel, axis in enumerate((1, 0)):  # x before y
        where[0, channel][here[:, 0], here[:, 1]] = (nearest[:, axis] + 0.5) / under.shape[axis] * 2 - 1
    return blurred_within(where, known, 2.0), known

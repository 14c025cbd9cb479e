"""Where support devices lie: along the routes of the chest, which maps as coarse as the prior's cannot tell."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.devices import DEVICES, metal

FINE = 128
"""A route is laid at so many pixels a side or more, and averaged down."""
WHOLE = 0.2
"""Attenuation of metal from which on a pixel is the device's."""


def routed(place: Tensor, kind: str | None, side: str | None, noise: Tensor) -> Tensor:
    """The share (B, 1, h, w) of a device in chests of these coordinates (B, 10, h, w).

    kind: one of `anatomy.devices.DEVICES`; where it is not told, it is drawn by lot from the noise (1 or B, 1, p,
    p), as the exact place is. side: the left where none is told.
    """
    noise = noise.expand(len(place), -1, -1, -1)
    return torch.cat([_one(place[i : i + 1], kind, side, noise[i]) for i in range(len(place))])


def _one(place: Tensor, kind: str | None, side: str | None, noise: Tensor) -> Tensor:
    rng = np.random.default_rng(list(noise.detach().cpu().float().numpy().tobytes()[:32]))
    kind = kind or str(rng.choice(list(DEVICES)))
    size = place.shape[-1]
    fine = F.interpolate(place.cpu(), scale_factor=max(1, FINE // size), mode="bilinear", align_corners=False)
    laid = (metal(Coordinates.of(fine), DEVICES[kind](side != "right", rng)) / WHOLE).clamp(max=1)
    return F.adaptive_avg_pool2d(laid, size).to(place)

"""Support devices of system 1 with true groups: laid along the routes of the chest, since maps of findings are too
coarse for a line and a net is too soft for metal."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.devices import DEVICES, metal
from causaray.anatomy.drawing import AIR
from causaray.anatomy.film import attenuation, exposed
from causaray.nets.guide import resized

WHOLE = 0.2
"""Attenuation of metal from which on a pixel is the device's."""


def routed(place: Tensor, kind: str | None, side: str | None, noise: Tensor, size: int) -> Tensor:
    """The attenuation (B, 1, size, size) of a device in chests of these coordinates (B, 10, h, w).

    kind: one of `anatomy.devices.DEVICES`; where it is not told, it is drawn by lot from the noise (1 or B, 1, p, p),
    as the exact place is. side: the left where none is told.
    """
    noise, place = noise.expand(len(place), -1, -1, -1), place.cpu()
    fine = F.interpolate(place, (size, size), mode="bilinear", align_corners=False)
    return torch.cat([_one(fine[i : i + 1], kind, side, noise[i]) for i in range(len(place))])


def _one(place: Tensor, kind: str | None, side: str | None, noise: Tensor) -> Tensor:
    rng = np.random.default_rng(list(noise.detach().cpu().float().numpy().tobytes()[:32]))
    kind = kind or str(rng.choice(list(DEVICES)))
    return metal(Coordinates.of(place), DEVICES[kind](side != "right", rng))


def share_of(device: Tensor, size: int) -> Tensor:
    """The share (B, 1, size, size) of each place that an attenuation (B, 1, S, S) of metal takes."""
    return F.adaptive_avg_pool2d((device / WHOLE).clamp(max=1), size)


def laid(films: Tensor, device: Tensor) -> Tensor:
    """What a device (B, 1, S, S) adds to the grey values of films (B, 1, S', S') in [0, 1], nothing in free air."""
    whole = attenuation(films)
    return (exposed(whole + resized(device, films.shape[-1])) - films) * (whole > AIR)

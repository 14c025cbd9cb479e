"""Registration: a follow-up film laid onto its prior, so that a place shows the same place of the patient.

As the authors' code has it: tried only where the two differ (SSIM below TRIED), and kept only where it helps and the
films are alike afterwards (SSIM of at least LEAST). The affine map is found here by the gradient of their difference.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from causaray.evaluation.images.distances import ssim
from causaray.nets.guide import blur

TRIED, LEAST = 0.9, 0.2
_STEPS, _RATE = 120, 0.02
_BLURS = (4.0, 2.0, 1.0)
"""Deviations, in pixels of 64 a side: coarse shapes are laid over each other first."""
_UPRIGHT = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


class Registered(NamedTuple):
    """film: the follow-up (1, S, S) where the prior has it; before, after: SSIM with the prior; alike: whether the
    films can be taken for a pair."""

    film: Tensor
    before: float
    after: float
    alike: bool


def registered(follow_up: Tensor, prior: Tensor) -> Registered:
    """A follow-up film (1, S, S) in [0, 1] laid onto the prior of its patient, as of the same size."""
    before = float(ssim(follow_up[None], prior[None]))
    if before >= TRIED:
        return Registered(follow_up, before, before, True)
    moved = warped(follow_up[None], fitted(follow_up[None], prior[None]))
    after = float(ssim(moved, prior[None]))
    if after <= before:
        moved, after = follow_up[None], before
    return Registered(moved[0], before, after, after >= LEAST)


def warped(films: Tensor, maps: Tensor) -> Tensor:
    """Films (B, 1, S, S) sampled where affine maps (B, 2, 3), in half sides, send each place; black outside."""
    grid = affine_grid(maps, list(films.shape), align_corners=False)
    return grid_sample(films, grid, align_corners=False).clamp(0, 1)


def fitted(films: Tensor, onto: Tensor) -> Tensor:
    """The maps (B, 2, 3) under which films (B, 1, S, S) are nearest to others, by mean squares of blurred films."""
    maps = torch.tensor(_UPRIGHT).repeat(len(films), 1, 1).requires_grad_()
    for width in _BLURS:
        sigma = width * films.shape[-1] / 64
        seen, wanted = blur(films, sigma), blur(onto, sigma)
        optimiser = torch.optim.Adam([maps], lr=_RATE * width / _BLURS[0])
        for _ in range(_STEPS // len(_BLURS)):
            optimiser.zero_grad()
            (warped(seen, maps) - wanted).square().mean((1, 2, 3)).sum().backward()
            optimiser.step()
    return maps.detach()

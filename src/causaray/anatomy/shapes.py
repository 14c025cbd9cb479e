"""Shapes with compact support: what a shape does not reach, it does not change, not by one bit."""

import torch
from torch import Tensor


def ramp(x: Tensor, width: float | Tensor) -> Tensor:
    """0 below -width / 2, 1 above width / 2, smooth between."""
    t = (x / width).add_(0.5).clamp_(0, 1)
    return (3 - 2 * t).mul_(t).mul_(t)


def dome(r2: Tensor) -> Tensor:
    """Thickness of a ball seen from the front, at squared radius r2: 1 at its centre, 0 outside."""
    return (1 - r2).clamp_(min=0).sqrt_()


def bump(r2: Tensor) -> Tensor:
    """A soft spot at squared radius r2: 1 at its centre, 0 outside, without an edge."""
    return (1 - r2).clamp_(min=0).square_()


def stroke(distance: Tensor, half_width: float | Tensor, soft: float | Tensor) -> Tensor:
    """1 where `distance` is within the half width, with edges `soft` wide."""
    return ramp(half_width - distance.abs(), soft)


def smooth_minimum(one: Tensor, other: Tensor, width: float) -> Tensor:
    """The smaller of two, rounded off where they are within about `width` of each other."""
    return -width * torch.logaddexp(-one / width, -other / width)

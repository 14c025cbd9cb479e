"""Emphysema: lungs that hold too much air, fewer vessels, bullae in the upper lungs."""

import torch
from torch import Tensor

from causaray.anatomy.lesions.chest import Chest, Severity, as_tensor
from causaray.anatomy.shapes import ramp, stroke


def pruned(chest: Chest, severity: Severity) -> Tensor:
    """Share of the vessels that are lost, the outer and upper ones first."""
    outer = 0.35 + 0.65 * ramp(chest.t - 0.4, 0.4)
    return as_tensor(severity) * outer * lung(chest)


def bullae(chest: Chest, severity: Severity) -> Tensor:
    """Walls of air spaces that have burst into one another, in the upper lungs."""
    v = as_tensor(severity)
    walls = torch.zeros_like(chest.t)
    for out, depth, radius in ((0.45, 0.18, 0.13), (0.68, 0.33, 0.1), (0.4, 0.4, 0.08)):
        reach = (0.69 * (chest.t - out)).square() + (1.1 * (chest.depth - depth)).square()
        away = reach.sqrt() - radius * (0.5 + 0.5 * v)
        walls = torch.maximum(walls, stroke(away, 0.004 + 0.3 * chest.pixel, 0.012 + chest.pixel))
    return walls * v * lung(chest)


def lung(chest: Chest) -> Tensor:
    """Where lung is seen, heart or no heart before it."""
    return ramp(0.965 - chest.t, 0.05) * ramp(-chest.below, 0.04) * ramp(chest.apex - 0.02, 0.05)

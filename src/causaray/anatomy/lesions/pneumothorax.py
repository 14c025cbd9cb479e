"""Pneumothorax: air between lung and chest wall."""

from torch import Tensor

from causaray.anatomy.lesions.chest import Chest, Severity, present
from causaray.anatomy.shapes import ramp, smooth_minimum, stroke

HALF_CAGE = 0.69
"""Typical half width of the rib cage, in half image sides."""


def inside_pleura(chest: Chest, severity: Severity) -> Tensor:
    """How far inside the visceral pleura of the fallen lung a pixel lies, in half image sides; negative in the air.

    The lung falls away from wall and apex along its own contour, farthest at the apex, where the air gathers.
    """
    from_wall = smooth_minimum((0.965 - chest.t) * HALF_CAGE, 0.85 * chest.apex, 0.07)
    gap = (0.05 + 0.33 * severity) * (1.05 - 0.75 * chest.depth.clamp(0, 1.15))
    uneven = 0.012 * chest.tissue
    return from_wall - gap * (1 + 0.1 * chest.tissue) - uneven


def emptied(chest: Chest, severity: Severity) -> Tensor:
    """1 where air has taken the place of lung: no vessels there."""
    return ramp(-inside_pleura(chest, severity), 0.01 + chest.pixel) * within(chest) * present(severity)


def pleural_line(chest: Chest, severity: Severity) -> Tensor:
    """The visceral pleura, seen on edge: one millimetre of tissue."""
    half = 0.004
    thin = min(1.0, 2 * half / (chest.pixel + 2 * half) * 2)
    line = stroke(inside_pleura(chest, severity), half + 0.5 * chest.pixel, 0.006 + chest.pixel)
    faint = (0.7 + 0.35 * chest.tissue).clamp(0.15, 1)  # the rays meet it edge on here and there only
    return thin * line * faint * within(chest) * present(severity)


def fallen(chest: Chest, severity: Severity) -> Tensor:
    """Share by which the fallen lung has become denser."""
    inside = inside_pleura(chest, severity)
    return ramp(inside - 0.02, 0.06) * (0.08 + 0.5 * severity) * severity * within(chest)


def within(chest: Chest) -> Tensor:
    """Inside the pleural space: above the dome, below the apex, within the ribs."""
    return ramp(0.97 - chest.t, 0.03) * ramp(-chest.below - 0.005, 0.03) * ramp(chest.apex - 0.01, 0.03)

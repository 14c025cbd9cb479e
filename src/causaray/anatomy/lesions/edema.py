"""Pulmonary edema: water about the hila, in the septa at the outer base, and vessels that blur and widen."""

import torch
from torch import Tensor

from causaray.anatomy.lesions.chest import Chest, Severity
from causaray.anatomy.shapes import bump, ramp, stroke

CUFFS = ((0.27, 0.5), (0.33, 0.6), (0.25, 0.64), (0.36, 0.47))
"""Distance from the midline, and the way down the lung, of bronchi seen on end."""


def haze(chest: Chest, severity: Severity, lean: float = 0.0) -> Tensor:
    """Share of water in the alveoli: wings about the hila that thin out toward wall and apex, in fluffy patches.

    `lean` in [-1, 1] says on which side there is more of it: on the left (1) or on the right (-1).
    """
    r2 = ((chest.across - 0.2 - 0.04 * chest.left) / 0.5).square() + ((chest.height + 0.36) / 0.85).square()
    wings = 0.85 * bump(r2) + 0.3 * ramp(chest.depth - 0.35, 0.9)
    patches = 1 + 0.38 * chest.tissue + 0.16 * chest.grain
    side = 1 + 0.25 * lean * (2 * chest.left - 1)
    return (severity * wings * patches * side).clamp(0, 0.92) * _lung(chest)


def swollen(chest: Chest, severity: Severity) -> Tensor:
    """How far the vessels are filled and blurred, those of the upper lungs first."""
    central = bump(((chest.t - 0.2) / 0.95).square())
    upper = 0.75 + 0.5 * ramp(0.6 - chest.depth, 0.5)
    return 1.3 * severity * central * upper * _lung(chest)


def kerley_lines(chest: Chest, severity: Severity) -> Tensor:
    """Short lines, nearly level and unevenly spaced, at the outer wall of the lower lungs."""
    level = (chest.height + 0.12 * (chest.t - 0.9) + 0.045 * chest.tissue) / 0.055
    lines = stroke(level % 1 - 0.5, 0.1, 0.3) * ramp(chest.grain - 0.3, 0.8) * ramp(chest.tissue + 0.3, 1.0)
    inner = 0.83 - 0.03 * chest.tissue
    return severity * lines * bump(((chest.height + 0.08) / 0.32).square()) * ramp(chest.t - inner, 0.05) * _lung(chest)


def cuffs(chest: Chest, severity: Severity) -> Tensor:
    """Thickened walls of bronchi on end near the hila: small rings, fuzzy outside."""
    rings = torch.zeros_like(chest.t)
    for out, down in CUFFS:
        away = ((chest.across - out).square() + (chest.depth - down - 0.03 * chest.tissue).square()).sqrt()
        rings = rings.maximum(stroke(away - 0.022, 0.004, 0.016 + chest.pixel))
    return severity * rings * _lung(chest)


def _lung(chest: Chest) -> Tensor:
    return ramp(0.965 - chest.t, 0.05) * ramp(-chest.below, 0.05) * ramp(chest.apex - 0.02, 0.06)

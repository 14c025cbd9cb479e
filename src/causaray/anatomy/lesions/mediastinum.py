"""Enlarged mediastinum: soft tissue on both sides of the spine, above the heart."""

from torch import Tensor

from causaray.anatomy.lesions.chest import Chest, Severity, as_tensor, present
from causaray.anatomy.shapes import bump, ramp


def widening(chest: Chest, severity: Severity) -> Tensor:
    """Share of soft tissue beside the upper mediastinum, with a smooth, bulging border, wider on the right."""
    v = as_tensor(severity)
    bulge = bump(((chest.depth - 0.3) / 0.5).square())
    grow = (0.04 + 0.13 * v) * bulge * (1 + 0.1 * chest.tissue) * (1.1 - 0.25 * chest.left)
    border = 0.12 + 0.02 * chest.left + grow
    wide = ramp(border - chest.across, 0.035 + chest.pixel)
    return 0.72 * wide * ramp(chest.apex + 0.02, 0.08) * ramp(0.7 - chest.depth, 0.2) * present(severity)

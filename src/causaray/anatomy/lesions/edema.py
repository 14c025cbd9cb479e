"""Pulmonary edema: water about the hila, in the septa at the outer base, and vessels that blur and widen."""

from torch import Tensor

from causaray.anatomy.lesions.chest import Chest, Severity
from causaray.anatomy.shapes import bump, ramp, stroke


def haze(chest: Chest, severity: Severity) -> Tensor:
    """Share of water in the alveoli: wings about the hila that thin out toward wall and apex."""
    r2 = ((chest.across - 0.16) / 0.52).square() + ((chest.height + 0.32) / 0.66).square()
    wings = bump(r2) * 1.05 + 0.16 * ramp(chest.depth - 0.35, 0.8)
    return (severity * wings * (1 + 0.42 * chest.tissue)).clamp(0, 1) * _lung(chest)


def swollen(chest: Chest, severity: Severity) -> Tensor:
    """How far the vessels are filled and blurred, those of the upper lungs first."""
    central = bump(((chest.t - 0.2) / 0.75).square())
    upper = 0.65 + 0.35 * ramp(0.6 - chest.depth, 0.5)
    return severity * central * upper * _lung(chest)


def kerley_lines(chest: Chest, severity: Severity) -> Tensor:
    """Short level lines at the outer wall of the lower lungs."""
    lines = stroke((chest.height / 0.045) % 1 - 0.5, 0.1, 0.3)
    return severity * lines * bump(((chest.height + 0.08) / 0.3).square()) * ramp(chest.t - 0.84, 0.06) * _lung(chest)


def _lung(chest: Chest) -> Tensor:
    return ramp(0.965 - chest.t, 0.05) * ramp(-chest.below, 0.05) * ramp(chest.apex - 0.02, 0.06)

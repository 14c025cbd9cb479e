"""Atelectasis: plates above the diaphragm, crowded lung at the base, and with severity the collapse of the lobe."""

from torch import Tensor

from causaray.anatomy.lesions.chest import Chest, Severity, as_tensor, present
from causaray.anatomy.shapes import bump, ramp, stroke

PLATES = ((0.1, 0.5, 0.3, 1.0), (0.2, 0.42, 0.2, 0.75), (0.05, 0.56, 0.16, 0.6))
"""Of each plate: height above the dome, distance from the midline, half length, and weight."""


def plates(chest: Chest, severity: Severity, lean: float | Tensor) -> Tensor:
    """Share without air in bands above the dome, thin at both ends; `lean` in [-0.5, 0.5] tilts them."""
    v = as_tensor(severity)
    soft = 0.024 + chest.pixel
    airless = chest.t * 0
    for number, (above, out, length, weight) in enumerate(PLATES):
        along = chest.across - out - 0.04 * chest.left
        tilt = (0.6 - 0.55 * number) * lean
        off = chest.height + above - tilt * along + (0.4 - 0.5 * number) * along.square() + 0.022 * chest.tissue
        end = bump((along / (length * (0.7 + 0.4 * v))).square()).sqrt() * (1 + 0.3 * chest.tissue).clamp(0.3, 1.3)
        band = stroke(off, (0.005 + 0.016 * v * weight) * end, soft) * end.clamp(max=1)
        airless = airless.maximum(weight * band)
    return airless * (0.36 + 0.36 * v) * _lung(chest) * present(severity)


def crowded_base(chest: Chest, severity: Severity) -> Tensor:
    """Share without air of the lung that is pressed together just above the dome, in uneven streaks."""
    near = ramp(chest.height + 0.12 + 0.1 * as_tensor(severity) + 0.05 * chest.tissue, 0.26)
    inner = 1 - 0.75 * ramp(chest.t - 0.72, 0.3)
    return severity * (0.34 + 0.14 * chest.tissue).clamp(0, 0.6) * near * inner * _lung(chest)


def collapsed_base(chest: Chest, severity: Severity) -> Tensor:
    """Share without air of the lower lobe, fallen toward the spine: a wedge with its edge from hilum to dome."""
    v = as_tensor(severity)
    edge = 0.16 + 0.55 * (chest.depth - 0.5).clamp(min=0) * (0.6 + 0.8 * v)
    wedge = ramp(edge - chest.t + 0.03 * chest.tissue, 0.09) * ramp(chest.depth - 0.52, 0.2)
    return 0.95 * wedge * ramp(v - 0.4, 0.4) * _lung(chest)


def _lung(chest: Chest) -> Tensor:
    return ramp(0.965 - chest.t, 0.05) * ramp(0.03 - chest.below, 0.06) * ramp(chest.apex - 0.02, 0.06)

"""Atelectasis: plates above the diaphragm, and with severity the collapse of the lower lobe."""

from torch import Tensor

from causaray.anatomy.lesions.chest import Chest, Severity, as_tensor, present
from causaray.anatomy.shapes import bump, ramp, stroke


def plates(chest: Chest, severity: Severity, lean: float | Tensor) -> Tensor:
    """Share without air in two bands above the dome, thin at both ends; `lean` in [-0.5, 0.5] tilts them."""
    v = as_tensor(severity)
    out = chest.across - 0.38
    off = chest.height + 0.15 - 0.5 * lean * out + 0.5 * out.square() + 0.02 * chest.tissue
    upper = off + 0.11 + 0.18 * lean * out
    soft = 0.02 + chest.pixel
    lower_end, upper_end = bump((out / (0.2 + 0.1 * v)).square()), bump(((out + 0.06) / (0.11 + 0.1 * v)).square())
    two = (stroke(off, (0.006 + 0.014 * v) * lower_end, soft) * lower_end).maximum(
        0.8 * stroke(upper, (0.004 + 0.01 * v) * upper_end, soft) * upper_end
    )
    return two * (0.4 + 0.35 * v) * _lung(chest) * present(severity)


def collapsed_base(chest: Chest, severity: Severity) -> Tensor:
    """Share without air of the lower lobe, fallen toward the spine: a wedge with its edge from hilum to dome."""
    v = as_tensor(severity)
    edge = 0.12 + 0.5 * (chest.depth - 0.5).clamp(min=0) * (0.6 + 0.8 * v)
    wedge = ramp(edge - chest.t + 0.02 * chest.tissue, 0.08) * ramp(chest.depth - 0.52, 0.2)
    return 0.95 * wedge * ramp(v - 0.4, 0.4) * _lung(chest)


def _lung(chest: Chest) -> Tensor:
    return ramp(0.965 - chest.t, 0.05) * ramp(0.03 - chest.below, 0.06) * ramp(chest.apex - 0.02, 0.06)

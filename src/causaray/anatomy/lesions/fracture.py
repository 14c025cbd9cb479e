"""A displaced rib fracture: beyond the break the rib stands lower, and the tissue about it is bruised."""

from torch import Tensor

from causaray.anatomy.lesions.chest import Chest, Severity, as_tensor
from causaray.anatomy.shapes import bump, ramp


def displacement(chest: Chest, severity: Severity, depth: float, out: float) -> Tensor:
    """How far (half image sides) the rib at this place (depth and t) is moved down beyond its break."""
    v = as_tensor(severity)
    beyond = chest.t - out
    near = bump(((chest.depth - depth) / 0.09).square())
    return (0.015 + 0.028 * v) * ramp(beyond, 0.012 + chest.pixel) * ramp(0.2 - beyond, 0.25) * near * ramp(v, 0.02)


def bruise(chest: Chest, severity: Severity, depth: float, out: float) -> Tensor:
    """Swelling about the break, in [0, 1]."""
    v = as_tensor(severity)
    r2 = ((chest.t - out) / 0.13).square() + ((chest.depth - depth) / 0.07).square()
    return v * bump(r2)

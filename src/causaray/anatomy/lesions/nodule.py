"""Nodules and masses: round, solid, a little lobulated."""

from torch import Tensor

from causaray.anatomy.lesions.chest import Chest, Severity, as_tensor, present
from causaray.anatomy.shapes import dome

Place = float | Tensor


def nodule(chest: Chest, severity: Severity, column: Place, row: Place, radius: Place) -> Tensor:
    """Thickness of a ball of this radius about a place in the picture, in [0, 1]."""
    r2 = (chest.column - column).square() + (chest.row - row).square()
    ball = dome(r2 / as_tensor(radius).square() * (1 + 0.42 * chest.tissue).clamp(min=0.4))
    return ball * (1 + 0.1 * chest.tissue).clamp(0.7, 1) * present(severity)

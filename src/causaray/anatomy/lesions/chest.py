"""Where each pixel lies in its chest, as the lesions need it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from causaray.anatomy.coordinates import way_down

Severity = float | Tensor


@dataclass(frozen=True, eq=False)
class Chest:
    """Coordinates as in `anatomy.coordinates`, tensors that broadcast with each other.

    `column` and `row` are positions in the picture, in the same lengths as `x`: half a rib cage is about 0.69 wide.
    `tissue` is a smooth random field of about unit variance that makes borders uneven, `pixel` the width of a pixel in
    half image sides.
    """

    t: Tensor
    below: Tensor
    apex: Tensor
    x: Tensor
    height: Tensor
    column: Tensor
    row: Tensor
    tissue: Tensor
    pixel: float

    @property
    def across(self) -> Tensor:
        """Distance from the midline."""
        return self.x.abs()

    @property
    def depth(self) -> Tensor:
        """The way down the lung: 0 at its apex, 1 at the top of the dome, more beside and under it."""
        return way_down(self.apex, self.height)

    @property
    def grain(self) -> Tensor:
        """The field of tissue again, finer, in [-1, 1]: it is folded at its own level lines."""
        return torch.sin(5 * self.tissue + 9 * self.across + 7 * self.height)

    @property
    def left(self) -> Tensor:
        """1 on the patient's left, 0 on the right."""
        return (self.x > 0).to(self.x.dtype)


def present(severity: Severity) -> Severity:
    """1 where there is a severity at all, else 0."""
    return (severity > 0).float() if isinstance(severity, Tensor) else float(severity > 0)


def as_tensor(severity: Severity) -> Tensor:
    """The severity as a tensor."""
    return severity if isinstance(severity, Tensor) else torch.tensor(float(severity))

"""Drawing with compact support: what a shape does not reach, it does not change, not by one bit.

A patient is drawn on a canvas in a frame of its own, upright and straight; `posture` then lays the canvas on the
detector. Lengths are in half image sides, x to the patient's left (the image's right), y down. Everything is
elementwise or summed in a fixed order, so an image does not depend on which others are drawn with it.
"""

from dataclasses import dataclass
from math import ceil, exp

import numpy as np
import torch
from torch import Tensor

from causaray.anatomy.shapes import ramp
from causaray.cohorts.phantom.model import LEFT, RIGHT, Values

MARGIN = 1.2
"""Half the side of the canvas: the detector sees less of it, here or there."""


@dataclass(frozen=True, eq=False)
class Frame:
    """Where each pixel of the canvas lies in its patient, and the variables of the model as tensors.

    `x` (1, 1, M) and `y` (1, M, 1) are positions from the middle of the chest, `across` is the distance to either
    side, and `xm` (n, M, 1 or M) is x from the mediastinum, which may be pulled aside. `pixel` is the width of one.
    """

    x: Tensor
    y: Tensor
    xm: Tensor
    pixel: float
    values: Values
    draws: Values

    @property
    def across(self) -> Tensor:
        return self.x.abs()

    def __len__(self) -> int:
        return len(self.xm)

    def value(self, name: str) -> Tensor:
        """A variable of the model (n,) as (n, 1, 1)."""
        return column(self.values[name])

    def drawn(self, name: str) -> Tensor:
        """An exogenous draw (n,) as (n, 1, 1)."""
        return column(self.draws[name])

    def sided(self, name: str) -> Tensor:
        """A variable of two sides (n, 2), at the columns of either side: (n, 1, M)."""
        sides = self.values[name]
        return torch.where(self.x > 0, column(sides[:, LEFT]), column(sides[:, RIGHT]))

    def rows(self, chosen: np.ndarray) -> "Frame":
        """The frame of some of the patients."""
        values, draws = (
            {name: table[chosen] for name, table in tables.items()} for tables in (self.values, self.draws)
        )
        return Frame(self.x, self.y, self.xm[torch.from_numpy(chosen)], self.pixel, values, draws)


def canvas(values: Values, draws: Values, size: int) -> Frame:
    """The frame of n patients for images of `size` x `size` pixels."""
    side = 2 * ceil(MARGIN * size / 2)
    axis = (torch.arange(side, dtype=torch.float32) + 0.5 - side / 2) * (2 / size)
    x, y = axis[None, None, :], axis[None, :, None]
    return Frame(x, y, x - column(values["pull"]) * reach_of_pull(y), 2 / size, values, draws)


def reach_of_pull(y: Tensor) -> Tensor:
    """Share of the pull on the mediastinum that is felt at height y: none at the neck, all at the heart."""
    return ramp(y + 0.35, 0.9)


def posture(frame: Frame, sheet: Tensor, size: int) -> Tensor:
    """What falls on the detector (n, size, size) of a canvas: shifted, turned, bent and enlarged as the patient stands.

    A patient who is turned about the long axis shows more of one side than of the other.
    """
    axis = (torch.arange(size, dtype=torch.float32) + 0.5) * (2 / size) - 1
    x = axis[None, None, :] - 0.05 * frame.drawn("shift_x")
    y = axis[None, :, None] - 0.06 * frame.drawn("shift_y")
    angle, zoom = 0.025 * frame.drawn("rotation"), (0.06 * frame.drawn("zoom") - 0.06).exp()
    u, v = (x * angle.cos() + y * angle.sin()) / zoom, (y * angle.cos() - x * angle.sin()) / zoom
    u = u - 0.012 * frame.drawn("scoliosis") * (3 * v).sin() + 0.025 * frame.drawn("turn") * (u * u - 0.3)
    grid = torch.stack([u, v], -1) * (2 / (frame.pixel * sheet.shape[-1]))
    return torch.nn.functional.grid_sample(sheet[:, None], grid, padding_mode="border", align_corners=False)[:, 0]


def splat(frame: Frame, x: Tensor, y: Tensor, mass: Tensor) -> Tensor:
    """Points (n, k) at patient positions x, y, given as `mass` half image sides cubed, shared among four pixels each.

    Returns (n, M, M). Points outside the canvas are lost.
    """
    n, size = len(frame), frame.x.shape[-1]
    across, down = (place / frame.pixel + (size - 1) / 2 for place in (x, y))
    left, top = across.floor(), down.floor()
    sheet = torch.zeros(n * (size + 2) * (size + 2))
    base = torch.arange(n)[:, None] * (size + 2) ** 2
    for lower in (0, 1):
        for right in (0, 1):
            i, j = ((corner + step).clamp_(-1, size).long() + 1 for corner, step in ((top, lower), (left, right)))
            share = (1 - (down - top - lower).abs()) * (1 - (across - left - right).abs()) * mass
            sheet.index_add_(0, (base + i * (size + 2) + j).flatten(), share.flatten())
    return sheet.view(n, size + 2, size + 2)[:, 1:-1, 1:-1] / frame.pixel**2


def blur(sheet: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (n, M, M), `sigma` in pixels, cut off at 2.5 sigma; beyond the border there is nothing."""
    reach = ceil(2.5 * sigma)
    weights = [exp(-0.5 * (k / sigma) ** 2) for k in range(-reach, reach + 1)]
    for dim, side in ((2, (reach, reach, 0, 0)), (1, (0, 0, reach, reach))):
        padded, total = torch.nn.functional.pad(sheet, side), torch.zeros_like(sheet)
        for k, weight in enumerate(weights):
            total.add_(padded.narrow(dim, k, sheet.shape[dim]), alpha=weight / sum(weights))
        sheet = total
    return sheet


def column(values: np.ndarray) -> Tensor:
    """(n,) as float32 (n, 1, 1)."""
    return torch.from_numpy(np.asarray(values, np.float32))[:, None, None]

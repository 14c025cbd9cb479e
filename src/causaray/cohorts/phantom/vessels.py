"""The vessels of the lungs: a tree a lung that branches from the hilum, drawn as points along its branches."""

from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts.phantom.drawing import Frame, blur, splat
from causaray.cohorts.phantom.model import LEFT, RIGHT

ROOTS, LEVELS = 6, 6
BRANCHES = ROOTS * (2**LEVELS - 1)
SHAPE = (2, BRANCHES, 3)
"""Of the draws a phantom: sides, branches, and what a branch draws (direction, length, bend)."""

_LENGTH, _SHRINK = 0.15, 0.84
_WIDTH, _THIN = 0.040, 0.72
_SPREAD = 0.42  # radians between a branch and its parent
_HILUM = {RIGHT: (-0.13, -0.02), LEFT: (0.14, -0.06)}


@dataclass(frozen=True)
class Branches:
    """One level of branches, arrays (n, 2, b): start, direction, length (half image sides) and bend (radians).

    `width` is their diameter and `typical` their median length.
    """

    x: np.ndarray
    y: np.ndarray
    angle: np.ndarray
    length: np.ndarray
    bend: np.ndarray
    width: float
    typical: float


def grow(draws: np.ndarray) -> list[Branches]:
    """The levels of both trees from normal draws (n, *SHAPE). Angle 0 is away from the spine, positive is down."""
    n = len(draws)
    start = np.array([_HILUM[RIGHT], _HILUM[LEFT]])
    x, y = (np.broadcast_to(start[None, :, k, None], (n, 2, ROOTS)).copy() for k in (0, 1))
    angle = np.broadcast_to(np.linspace(-1.35, 1.4, ROOTS), (n, 2, ROOTS)) + 0.1 * draws[:, :, :ROOTS, 0]
    outward, first, levels = np.array([-1.0, 1.0])[None, :, None], 0, []
    x, y = x + 0.04 * outward * np.cos(angle), y + 0.06 * np.sin(angle)
    for level in range(LEVELS):
        own = draws[:, :, first : first + x.shape[2]]
        first += x.shape[2]
        length = _LENGTH * _SHRINK**level * np.exp(0.2 * own[..., 1])
        bend = 0.25 * own[..., 2]
        levels.append(Branches(x, y, angle, length, bend, _WIDTH * _THIN**level, _LENGTH * _SHRINK**level))
        end = angle + bend
        middle = angle + bend / 2
        x, y = x + outward * length * np.cos(middle), y + length * np.sin(middle)
        fork = _SPREAD * np.exp(0.3 * own[..., 0])
        x, y = np.repeat(x, 2, 2), np.repeat(y, 2, 2)
        angle = np.stack([end - 0.8 * fork, end + fork], -1).reshape(n, 2, -1)
    return levels


def draw_trees(frame: Frame, levels: list[Branches]) -> Tensor:
    """Attenuation (n, S, S) of the vessels as if lung were everywhere. Two levels share one width."""
    sheets = []
    for pair in range(0, LEVELS, 2):
        sheet = torch.stack([_deposit(frame, branches) for branches in levels[pair : pair + 2]]).sum(0)
        sheets.append(blur(sheet, max(0.35 * levels[pair].width / frame.pixel, 0.3)))
    return torch.stack(sheets).sum(0)


def _deposit(frame: Frame, branches: Branches) -> Tensor:
    """A cylinder of diameter d attenuates as d^2 along its line."""
    steps = ceil(1.2 * branches.typical / frame.pixel)
    along = (np.arange(steps) + 0.5) / steps
    way = branches.length[..., None] * along
    angle = branches.angle[..., None] + branches.bend[..., None] * along / 2
    outward = np.array([-1.0, 1.0])[None, :, None, None]
    x, y = branches.x[..., None] + outward * way * np.cos(angle), branches.y[..., None] + way * np.sin(angle)
    mass = 2.4 * branches.width**2 * branches.length[..., None] / steps * frame.values["vessels"][:, :, None, None]
    points = (torch.from_numpy(a.reshape(len(a), -1).astype(np.float32)) for a in (x, y, mass + 0 * x))
    return splat(frame, *points)

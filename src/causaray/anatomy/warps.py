"""Organs moved and enlarged: where in the film each pixel of the changed film is taken from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.shapes import ramp, smooth_minimum
from causaray.nets.guide import blur


@lru_cache(maxsize=8)
@torch.inference_mode(False)  # it is kept, and who asks next may take gradients
def pixel_grid(height: int, width: int) -> Tensor:
    """(1, height, width, 2): where each pixel lies in its picture, as `grid_sample` takes it."""
    return F.affine_grid(torch.eye(2, 3)[None], [1, 1, height, width], align_corners=False)


@dataclass(frozen=True, eq=False)
class Move:
    """Displacements (1, 1, H, W) in pixels: at (row, column) is seen what was at (row + dy, column + dx)."""

    dx: Tensor
    dy: Tensor

    @classmethod
    def none(cls, like: Tensor) -> Move:
        """Nothing is moved."""
        return cls(torch.zeros_like(like), torch.zeros_like(like))

    def __add__(self, other: Move) -> Move:
        return Move(self.dx + other.dx, self.dy + other.dy)

    def on(self, side: Tensor) -> Move:
        """On a side only."""
        return Move(self.dx * side, self.dy * side)

    def scaled(self, height: int, width: int) -> Move:
        """The same at another resolution."""
        factor = width / self.dx.shape[-1]
        dx, dy = (
            F.interpolate(x, size=(height, width), mode="bilinear", align_corners=False) * factor
            for x in (self.dx, self.dy)
        )
        return Move(dx, dy)

    def apply(self, image: Tensor, mode: str = "bilinear") -> Tensor:
        """The image (1, C, H, W) with everything moved; what stays where it is stays bit for bit.

        mode: how it is read between pixels; "bicubic" keeps what is fine in a film.
        """
        height, width = image.shape[-2:]
        here = pixel_grid(height, width)
        off = torch.stack([self.dx[:, 0] * 2 / width, self.dy[:, 0] * 2 / height], -1)
        moved = F.grid_sample(image, here + off, mode, padding_mode="border", align_corners=False)
        return torch.where((self.dx == 0) & (self.dy == 0), image, moved)


@dataclass(frozen=True, eq=False)
class Outline:
    """Of each row of a film the columns (H,) of the midline, the borders of the heart, and the inner chest wall."""

    middle: Tensor
    right: Tensor
    left: Tensor
    right_wall: Tensor
    left_wall: Tensor

    @classmethod
    def of(cls, place: Coordinates) -> Outline:
        """Read off the coordinates of one film, smoothed over neighbouring rows."""
        heart, x, inside = place.silhouette[0, 0] > 0.5, place.x[0, 0], place.t[0, 0] < 0.97
        columns = torch.arange(x.shape[1]).expand_as(x).float()
        middle = _smooth(columns.gather(1, x.abs().argmin(1, keepdim=True))[:, 0])
        far = columns - middle[:, None]
        left, right = (_smooth(torch.where(heart, sign * far, 0 * far).amax(1)) for sign in (1, -1))
        walls = (_smooth(torch.where(inside, sign * far, 0 * far).amax(1)) for sign in (1, -1))
        left_wall, right_wall = (wall.clamp(min=1) for wall in walls)
        return cls(middle, middle - right, middle + left, middle - right_wall, middle + left_wall)

    @property
    def thorax(self) -> float:
        """Greatest inner width of the chest in pixels."""
        return float((self.left_wall - self.right_wall).max())


def widened(outline: Outline, grow_right: Tensor, grow_left: Tensor) -> Tensor:
    """dx (1, 1, H, W) that moves the borders of heart and mediastinum outward by pixels (H, W), the spine staying.

    The lung between border and wall is squeezed.
    """
    columns = torch.arange(grow_left.shape[1]).float()
    dx = torch.zeros_like(grow_left)
    for sign, border, wall, grow in (
        (1.0, outline.left - outline.middle, outline.left_wall - outline.middle, grow_left),
        (-1.0, outline.middle - outline.right, outline.middle - outline.right_wall, grow_right),
    ):
        u = sign * (columns - outline.middle[:, None])
        border, wall = border[:, None], torch.maximum(wall, border + 4)[:, None]
        spine = 0.35 * border
        new = border + smooth_minimum(grow, 0.84 * (wall - border), 0.012 * outline.thorax)
        inner = spine + (u - spine) * (border - spine) / (new - spine).clamp(min=1)
        outer = wall - (wall - u) * (wall - border) / (wall - new).clamp(min=1)
        old = torch.where(u < new, inner, outer)
        dx = torch.where((u > spine) & (u < wall) & (grow != 0), sign * (old - u), dx)
    return blur(dx[None, None], max(dx.shape[0] / 128, 0.5))


def shifted(place: Coordinates, pixels: float) -> Tensor:
    """dx (1, 1, H, W) that moves heart and mediastinum to the right of the image by pixels: walls and belly stay.

    The spine behind them goes with them: a spine that stayed would be seen stretched.
    """
    weight = (1 - place.t.clamp(0, 1).square()) * ramp(place.height + 0.75, 0.7) * ramp(0.12 - place.below, 0.3)
    return -pixels * weight


def dome_moved(place: Coordinates, side: Tensor, pixels: Tensor) -> Tensor:
    """dy (1, 1, H, W) that moves the dome of a side down by so many pixels, stretching the lung above it."""
    lung = place.depth_in_lung
    weight = lung.clamp(0, 1).square() * ramp(0.25 - place.below, 0.5)
    return -pixels * weight * side * ramp(0.95 - place.t, 0.25)


def _smooth(rows: Tensor) -> Tensor:
    """(H,) smoothed over a fiftieth of its length."""
    sigma = max(len(rows) * 0.02, 0.6)
    reach = round(3 * sigma)
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma).square())
    padded = F.pad(rows[None, None], (reach, reach), mode="replicate")
    return F.conv1d(padded, (weights / weights.sum())[None, None])[0, 0]

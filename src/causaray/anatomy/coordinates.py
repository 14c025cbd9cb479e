"""Coordinates of a chest: for every pixel of a frontal film, which organ it shows and where in the body it lies."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional as F

MASKS = ("right", "left", "heart", "ribs", "clavicles")
PLACES = ("t", "below", "apex", "x", "height")
SHEETS = MASKS + PLACES
SHOWN = 0.3
"""Thickness of the heart, of its greatest, from which on one sees it; it rises steeply at its border."""


@dataclass(frozen=True, eq=False)
class Coordinates:
    """What is known of each pixel of n films, tensors (n, 1, H, W); lengths in half image sides of the phantom world.

    Attributes:
        right, left: in [0, 1], the patient's right and left lung down to the dome of the diaphragm, the part behind the
            heart included. The patient's left is at the image's right.
        heart: in [0, 1], thickness of heart and mediastinum down to just under the diaphragm.
        ribs, clavicles: in [0, 1], posterior arcs of the ribs, and the clavicles.
        t: the way across the rib cage, 0 at the spine and 1 at the inner chest wall.
        below: depth under the dome of the diaphragm, negative above it.
        apex: depth under the apex of the lung, negative above it.
        x: distance from the midline, positive to the patient's left.
        height: depth under the top of the dome on that side, negative above: the patient's own level.
    """

    right: Tensor
    left: Tensor
    heart: Tensor
    ribs: Tensor
    clavicles: Tensor
    t: Tensor
    below: Tensor
    apex: Tensor
    x: Tensor
    height: Tensor

    @classmethod
    def of(cls, sheets: Tensor) -> Coordinates:
        """From one tensor (n, len(SHEETS), H, W), the channels in the order of SHEETS."""
        return cls(*sheets.split(1, dim=1))

    def sheets(self) -> Tensor:
        """All as one tensor (n, len(SHEETS), H, W)."""
        return torch.cat([getattr(self, field.name) for field in fields(self)], 1)

    def __len__(self) -> int:
        return len(self.t)

    def rows(self, chosen: slice | Tensor | list[int]) -> Coordinates:
        """Those of some of the films."""
        return Coordinates.of(self.sheets()[chosen])

    @property
    def lungs(self) -> Tensor:
        """Both lungs."""
        return (self.right + self.left).clamp(max=1)

    @property
    def silhouette(self) -> Tensor:
        """Heart and mediastinum as one outlines them, a half at the border: where their thickness begins to show."""
        return (self.heart * (0.5 / SHOWN)).clamp(max=1)

    @property
    def aerated(self) -> Tensor:
        """Both lungs as far as neither heart nor mediastinum lies before them."""
        return torch.minimum(self.lungs, 1 - self.silhouette)

    @property
    def left_half(self) -> Tensor:
        """1 on the patient's left of the midline, 0 on the right."""
        return (self.x > 0).to(self.x.dtype)

    @property
    def depth_in_lung(self) -> Tensor:
        """The way down the lung: 0 at its apex, 1 at the top of the dome."""
        return way_down(self.apex, self.height)

    def resized(self, height: int, width: int) -> Coordinates:
        """The same at another resolution, (n, 1, height, width)."""
        size = (height, width)
        return Coordinates.of(F.interpolate(self.sheets(), size=size, mode="bilinear", align_corners=False))


def way_down(apex: Tensor, height: Tensor) -> Tensor:
    """The way down the lung: 0 at its apex, 1 at the top of the dome, more beside and under it."""
    return apex / (apex - height).clamp(min=0.3)


def mirrored(sheets: Tensor) -> Tensor:
    """The coordinates (n, len(SHEETS), H, W) of the mirrored films: sides are exchanged and x changes its sign."""
    flipped = sheets.flip(3)
    order = [SHEETS.index({"right": "left", "left": "right"}.get(name, name)) for name in SHEETS]
    flipped = flipped[:, order]
    flipped[:, SHEETS.index("x")] *= -1
    return flipped

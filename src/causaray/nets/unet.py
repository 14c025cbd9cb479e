"""A small U-Net: one map of channels for an image, at the image's own resolution."""

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from causaray.nets.blocks import group_norm


class ConvBlock(nn.Module):
    """Two 3x3 convolutions beside a 1x1 one: (B, inner, H, W) -> (B, outer, H, W)."""

    def __init__(self, inner: int, outer: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(inner, outer, 3, padding=1), nn.Conv2d(outer, outer, 3, padding=1)
        self.norm1, self.norm2 = group_norm(outer), group_norm(outer)
        self.skip = nn.Conv2d(inner, outer, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = F.silu(self.norm1(self.conv1(x)))
        return F.silu(self.norm2(self.conv2(h))) + self.skip(x)


class UNet(nn.Module):
    """Images (B, 1, H, W) -> maps (B, outputs, H, W), both sides multiples of 2 ** len(widths).

    It works at half the resolution: the image is folded into channels first and the maps are unfolded last
    (Ronneberger et al. 2015; the folding as in Shi et al. 2016).
    """

    def __init__(self, outputs: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.down = nn.ModuleList(ConvBlock(a, b) for a, b in itertools.pairwise((4, *widths)))
        up = list(itertools.pairwise(reversed(widths)))
        self.up = nn.ModuleList(ConvBlock(a + b, b) for a, b in up)
        self.last = nn.Conv2d(widths[0], 4 * outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x, skips = F.pixel_unshuffle(x, 2), list[Tensor]()
        for block in self.down:
            x = block(F.avg_pool2d(x, 2) if skips else x)
            skips.append(x)
        skips.pop()
        for block in self.up:
            larger = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = block(torch.cat([larger, skips.pop()], 1))
        return F.pixel_shuffle(self.last(x), 2)

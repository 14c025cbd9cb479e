"""A U-Net of residual blocks over maps, if asked modulated by a vector."""

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from causaray.nets.blocks import downsample, group_norm


class ModulatedBlock(nn.Module):
    """Two 3x3 convolutions beside a skip: (B, inner, H, W) -> (B, outer, H, W).

    A vector (B, dim), where there is one, scales and shifts the channels between them (Perez et al. 2018).
    """

    def __init__(self, inner: int, outer: int, vector: int = 0) -> None:
        super().__init__()
        self.norm1, self.norm2 = group_norm(inner), group_norm(outer)
        self.conv1, self.conv2 = nn.Conv2d(inner, outer, 3, padding=1), nn.Conv2d(outer, outer, 3, padding=1)
        self.skip = nn.Conv2d(inner, outer, 1) if inner != outer else nn.Identity()
        self.modulation = nn.Linear(vector, 2 * outer) if vector else None

    def forward(self, x: Tensor, vector: Tensor | None = None) -> Tensor:
        h = self.norm2(self.conv1(F.silu(self.norm1(x))))
        if self.modulation is not None:
            scale, shift = self.modulation(vector)[:, :, None, None].chunk(2, dim=1)
            h = h * (1 + scale) + shift
        return self.skip(x) + self.conv2(F.silu(h))


class ResidualUNet(nn.Module):
    """Maps (B, inner, H, W) -> (B, outer, H, W), both sides multiples of 2 ** (len(widths) - 1).

    widths: channels at each resolution, from fine to coarse, each half as fine as the one before. vector: the length of
    a vector (B, vector) that modulates every block; 0 where there is none.
    """

    def __init__(self, inner: int, outer: int, widths: Sequence[int], vector: int = 0) -> None:
        super().__init__()
        self.enter = nn.Conv2d(inner, widths[0], 3, padding=1)
        self.down = nn.ModuleList(ModulatedBlock(w, w, vector) for w in widths)
        self.shrink = nn.ModuleList(downsample(a, b) for a, b in itertools.pairwise(widths))
        self.grow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in itertools.pairwise(widths))
        self.up = nn.ModuleList(ModulatedBlock(2 * w, w, vector) for w in widths[:-1])
        self.middle = ModulatedBlock(widths[-1], widths[-1], vector)
        self.leave = nn.Sequential(group_norm(widths[0]), nn.SiLU(), nn.Conv2d(widths[0], outer, 3, padding=1))

    def forward(self, x: Tensor, vector: Tensor | None = None) -> Tensor:
        h, skips = self.enter(x), list[Tensor]()
        for i, block in enumerate(self.down):
            h = block(self.shrink[i - 1](h) if i else h, vector)
            skips.append(h)
        h = self.middle(skips.pop(), vector)
        for grow, block in zip(reversed(self.grow), reversed(self.up), strict=True):
            larger = F.interpolate(grow(h), scale_factor=2, mode="bilinear", align_corners=False)
            h = block(torch.cat([larger, skips.pop()], 1), vector)
        return self.leave(h)

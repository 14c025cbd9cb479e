"""The guide: a small classifier whose features say what a finding looks like to an eye, not to a texture detector."""

import itertools
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor, nn

from causaray.nets.blocks import ResBlock, downsample, group_norm, standardise
from causaray.nets.imagenet import PhotographTrunk

VIEWS = (("small", 64), ("small", 128))
"""Nets and the resolutions that they look at, when nothing else is said."""


def resized(x: Tensor, size: int) -> Tensor:
    """(B, n, H, W) -> (B, n, size, size): by area averaging when smaller, bilinear when larger."""
    if size <= x.shape[-1]:
        return nn.functional.interpolate(x, size=(size, size), mode="area")
    return nn.functional.interpolate(x, size=(size, size), mode="bilinear", align_corners=False)


class SmallTrunk(nn.Module):
    """Images (B, 1, H, W) -> features (B, width * 3, H/16, W/16); learned from radiographs alone."""

    def __init__(self, width: int) -> None:
        super().__init__()
        widths = [width, width * 3 // 2, width * 2, width * 3]
        layers: list[nn.Module] = [nn.Conv2d(1, width, 5, stride=2, padding=2)]
        for inner, outer in itertools.pairwise(widths):
            layers += [ResBlock(inner), downsample(inner, outer)]
        self.body = nn.Sequential(*layers, ResBlock(widths[-1]), group_norm(widths[-1]), nn.SiLU())
        self.width = widths[-1]

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


class View(nn.Module):
    """What one net says at one resolution of images (B, 1, H, W) in [0, 1].

    It reads the features over the whole image, and by a 4 x 4 grid: where an opacity stands is half of what it is.
    """

    def __init__(self, n_findings: int, trunk: SmallTrunk | PhotographTrunk, size: int, dim: int) -> None:
        super().__init__()
        self.trunk, self.size = trunk, size
        self.everywhere = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(trunk.width, dim)
        )
        self.by_place = nn.Sequential(
            nn.AdaptiveAvgPool2d(4), nn.Conv2d(trunk.width, 16, 1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(256, dim)
        )
        self.head = nn.Sequential(nn.SiLU(), nn.Dropout(0.3), nn.Linear(dim, n_findings))

    def look(self, x: Tensor) -> Tensor:
        """Its net's feature map of images: (B, trunk.width, h, w)."""
        return self.trunk(standardise(resized(x, self.size)))

    def features(self, seen: Tensor) -> Tensor:
        """What is read of a feature map before any finding is named: (B, dim)."""
        return (self.everywhere(seen) + self.by_place(seen)).float()

    def read(self, seen: Tensor) -> Tensor:
        """Logits of the findings (B, n) in a feature map."""
        return self.head(self.features(seen)).float()


class Guide(nn.Module):
    """Views side by side: images (B, 1, H, W) -> logits (B, V, n).

    Coarse views read opacity and outline, fine ones the texture of vessels, and nets of several families, one of them
    learned from radiographs and others from photographs, see alike only what is there: none can be bribed alone.
    """

    def __init__(
        self, n_findings: int, views: Sequence[tuple[str, int]] = VIEWS, width: int = 32, dim: int = 128
    ) -> None:
        super().__init__()
        trunks = [SmallTrunk(width) if net == "small" else PhotographTrunk(net) for net, _ in views]
        self.widths = [trunk.width for trunk in trunks]
        self.views = nn.ModuleList(
            View(n_findings, trunk, size, dim) for trunk, (_, size) in zip(trunks, views, strict=True)
        )

    def look(self, x: Tensor) -> list[Tensor]:
        """The feature map of each view."""
        return [view.look(x) for view in self.views]  # type: ignore[operator]

    def read(self, seen: Sequence[Tensor]) -> Tensor:
        """Logits (B, V, n) in what `look` has seen."""
        return torch.stack([view.read(part) for view, part in zip(self.views, seen, strict=True)], dim=1)  # type: ignore[operator]

    def forward(self, x: Tensor) -> Tensor:
        return self.read(self.look(x))


def blur(x: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (B, 1, H, W), reflecting at the border; sigma in pixels.

    One matrix for each axis: on a CPU the backward pass of a convolution with one channel takes ten times as long.
    """
    # What is made while a net is exported stands for numbers and holds none: it must not be kept.
    matrix = _blur_matrix.__wrapped__ if torch.compiler.is_compiling() else _blur_matrix
    height, width = (matrix(n, sigma).to(x.device) for n in x.shape[-2:])
    with torch.autocast(x.device.type, enabled=False):  # local variances cancel to nothing in bf16
        return height @ x.float() @ width.T


@lru_cache(maxsize=32)
@torch.inference_mode(False)  # it is kept, and who asks next may take gradients
def _blur_matrix(n: int, sigma: float) -> Tensor:
    """(n, n): row i holds what each pixel of a line of n gives to pixel i; beyond three deviations nothing."""
    radius = max(1, round(3 * sigma))
    offsets = torch.arange(-radius, radius + 1)
    kernel = torch.exp(-0.5 * (offsets / sigma).square())
    source = torch.arange(n)[:, None] + offsets
    reflected = (n - 1) - ((n - 1) - source.abs()).abs()
    return torch.zeros(n, n).scatter_add(1, reflected, (kernel / kernel.sum()).expand(n, -1))

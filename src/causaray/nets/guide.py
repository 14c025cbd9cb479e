"""The guide: a small classifier whose features say what a finding looks like to an eye, not to a texture detector."""

import itertools

import torch
from torch import Tensor, nn

from causaray.nets.blocks import ResBlock, downsample, group_norm


def low_pass(x: Tensor, size: int) -> Tensor:
    """(B, 1, H, W) -> (B, 1, size, size) by area averaging."""
    return nn.functional.interpolate(x, size=(size, size), mode="area")


def standardise(x: Tensor) -> Tensor:
    """Each image to zero mean and unit deviation, so that exposure is no evidence."""
    mean = x.mean((1, 2, 3), keepdim=True)
    return (x - mean) / (x.std((1, 2, 3), keepdim=True) + 1e-3)


class View(nn.Module):
    """What one resolution says: images (B, 1, H, W) in [0, 1] -> features (B, dim) and finding logits (B, n).

    It keeps a 4 x 4 grid of positions: where an opacity stands is half of what it is.
    """

    def __init__(self, n_findings: int, size: int, width: int, dim: int) -> None:
        super().__init__()
        self.size = size
        widths = [width, width * 3 // 2, width * 2, width * 3]
        layers: list[nn.Module] = [nn.Conv2d(1, width, 5, stride=2, padding=2)]
        for inner, outer in itertools.pairwise(widths):
            layers += [ResBlock(inner), downsample(inner, outer)]
        self.body = nn.Sequential(*layers, ResBlock(widths[-1]), group_norm(widths[-1]), nn.SiLU())
        self.project = nn.Sequential(
            nn.AdaptiveAvgPool2d(4), nn.Conv2d(widths[-1], 16, 1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(256, dim)
        )
        self.head = nn.Sequential(nn.SiLU(), nn.Dropout(0.3), nn.Linear(dim, n_findings))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.project(self.body(standardise(low_pass(x, self.size)))).float()
        return features, self.head(features).float()


class Guide(nn.Module):
    """Views at several resolutions side by side: (B, 1, H, W) -> features (B, V * dim), logits (B, V, n).

    The coarse view reads opacity and outline, the fine one the texture of vessels; neither can be bribed alone.
    """

    def __init__(self, n_findings: int, sizes: tuple[int, ...] = (64, 128), width: int = 32, dim: int = 128) -> None:
        super().__init__()
        self.views = nn.ModuleList(View(n_findings, size, width, dim) for size in sizes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features, logits = zip(*(view(x) for view in self.views), strict=True)
        return torch.cat(features, dim=1), torch.stack(logits, dim=1)


def blur(x: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (B, 1, H, W), reflecting at the border; sigma in pixels."""
    radius = max(1, round(3 * sigma))
    axis = torch.arange(-radius, radius + 1, dtype=torch.float32, device=x.device)
    kernel = torch.exp(-0.5 * (axis / sigma).square())
    kernel = kernel / kernel.sum()
    with torch.autocast(x.device.type, enabled=False):  # local variances cancel to nothing in bf16
        x = nn.functional.pad(x.float(), (radius, radius, 0, 0), mode="reflect")
        x = nn.functional.conv2d(x, kernel[None, None, None])
        x = nn.functional.pad(x, (0, 0, radius, radius), mode="reflect")
        return nn.functional.conv2d(x, kernel[None, None, :, None])

"""The judge's net: an EfficientNet-Lite0 read out twice, over the whole image and place by place."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from causaray.nets.efficientnet_lite import HEAD, STAGES, EfficientNetLite
from causaray.nets.guide import blur

GRID, REDUCED = 4, 24
SOFTNESS = 0.7
"""Standard deviation, in pixels of the coarse image, of the Gaussian that makes sharp and soft sources alike."""
DARKEST, BRIGHTEST = 0.01, 0.99
"""Quantiles of an image that become black and white."""


class FindingClassifier(nn.Module):
    """Grey images (B, 1, H, W) in [0, 1] to one logit a finding (B, n).

    Images are first brought to `size` x `size`; with `coarse`, after they were made `alike`. The logit is the sum of a
    linear reading of the features averaged over the image and one of a 4 x 4 grid of positions: an effusion is an
    opacity *below*.
    """

    def __init__(self, n_findings: int, size: int = 128, dropout: float = 0.0, coarse: int | None = None) -> None:
        super().__init__()
        self.size, self.coarse = size, coarse
        self.net = EfficientNetLite()
        self.reduce = nn.Conv2d(STAGES[-2][-1], REDUCED, 1)
        self.standardise = nn.BatchNorm1d(REDUCED * GRID**2, affine=False)
        self.dropout = nn.Dropout(dropout)
        self.everywhere = nn.Linear(HEAD, n_findings)
        self.by_place = nn.Linear(REDUCED * GRID**2, n_findings, bias=False)
        for layer in (self.everywhere, self.by_place):
            nn.init.zeros_(layer.weight)
        nn.init.zeros_(self.everywhere.bias)

    def forward(self, images: Tensor) -> Tensor:
        narrow, wide = self.net.narrow_and_wide(self.seen(images))
        places = F.adaptive_avg_pool2d(self.reduce(narrow), GRID).flatten(1)
        whole = self.everywhere(self.dropout(wide.mean((2, 3))))
        return (whole + self.by_place(self.dropout(self.standardise(places.float())))).float()

    def seen(self, images: Tensor) -> Tensor:
        """What the net looks at: images (B, 1, H, W) in [0, 1] of any size to (B, 1, size, size) in [0, 1]."""
        return resize(images if self.coarse is None else alike(images, self.coarse), self.size)


class Ensemble(nn.Module):
    """Classifiers trained apart, their logits averaged, and a line that makes the mean logit a probability.

    `size` is the side of what all of them look at, or one for each.
    """

    slope: Tensor
    shift: Tensor

    def __init__(
        self, n_findings: int, members: int, size: int | Sequence[int] = 128, coarse: int | None = None
    ) -> None:
        super().__init__()
        sizes = [size] * members if isinstance(size, int) else size
        if len(sizes) != members:
            raise ValueError(f"{members} members cannot have {len(sizes)} sizes.")
        self.members = nn.ModuleList(FindingClassifier(n_findings, one, coarse=coarse) for one in sizes)
        self.register_buffer("slope", torch.ones(n_findings))
        self.register_buffer("shift", torch.zeros(n_findings))

    def logits(self, images: Tensor) -> Tensor:
        """(B, 1, H, W) in [0, 1] to mean logits (B, n), not calibrated."""
        return torch.stack([member(images) for member in self.members]).mean(0)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 1, H, W) in [0, 1] to probabilities (B, n): sigmoid(slope * logit + shift) (Platt 1999)."""
        return (self.logits(images) * self.slope + self.shift).sigmoid()


def alike(images: Tensor, coarse: int) -> Tensor:
    """Images (B, 1, H, W) in [0, 1] of any source to (B, 1, coarse, coarse) of one sharpness and one range of greys.

    Brought to `coarse`, low-passed, and stretched so that 1 % of the pixels are black and 1 % white: a net that looks
    at these can tell neither how fine a source's films were nor how they were windowed.
    """
    soft = blur(resize(images, coarse), SOFTNESS)
    ends = torch.tensor([DARKEST, BRIGHTEST], device=soft.device)
    low, high = torch.quantile(soft.flatten(1), ends, dim=1).view(2, -1, 1, 1, 1)
    return ((soft - low) / (high - low).clamp(min=1e-3)).clamp(0, 1)


def resize(images: Tensor, size: int) -> Tensor:
    """(B, C, H, W) in [0, 1] to (B, C, size, size), bicubic, anti-aliased, clipped to [0, 1]."""
    if images.shape[-2:] == (size, size):
        return images
    return F.interpolate(images, size=(size, size), mode="bicubic", antialias=True).clamp(0, 1)

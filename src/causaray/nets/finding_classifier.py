"""The judge's net: an EfficientNet-Lite0 read out twice, over the whole image and place by place."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from causaray.nets.efficientnet_lite import HEAD, STAGES, EfficientNetLite

GRID, REDUCED = 4, 24


class FindingClassifier(nn.Module):
    """Grey images (B, 1, H, W) in [0, 1] to one logit a finding (B, n).

    Images are first brought to `size` x `size`. The logit is the sum of a linear reading of the features averaged over
    the image and one of a 4 x 4 grid of positions: an effusion is an opacity *below*.
    """

    def __init__(self, n_findings: int, size: int = 128, dropout: float = 0.0) -> None:
        super().__init__()
        self.size = size
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
        narrow, wide = self.net.narrow_and_wide(resize(images, self.size))
        places = F.adaptive_avg_pool2d(self.reduce(narrow), GRID).flatten(1)
        whole = self.everywhere(self.dropout(wide.mean((2, 3))))
        return (whole + self.by_place(self.dropout(self.standardise(places.float())))).float()


class Ensemble(nn.Module):
    """Classifiers trained apart, their logits averaged, and a line that makes the mean logit a probability."""

    slope: Tensor
    shift: Tensor

    def __init__(self, n_findings: int, members: int, size: int = 128) -> None:
        super().__init__()
        self.members = nn.ModuleList(FindingClassifier(n_findings, size) for _ in range(members))
        self.register_buffer("slope", torch.ones(n_findings))
        self.register_buffer("shift", torch.zeros(n_findings))

    def logits(self, images: Tensor) -> Tensor:
        """(B, 1, H, W) in [0, 1] to mean logits (B, n), not calibrated."""
        return torch.stack([member(images) for member in self.members]).mean(0)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 1, H, W) in [0, 1] to probabilities (B, n): sigmoid(slope * logit + shift) (Platt 1999)."""
        return (self.logits(images) * self.slope + self.shift).sigmoid()


def resize(images: Tensor, size: int) -> Tensor:
    """(B, C, H, W) in [0, 1] to (B, C, size, size), bicubic, anti-aliased, clipped to [0, 1]."""
    if images.shape[-2:] == (size, size):
        return images
    return F.interpolate(images, size=(size, size), mode="bicubic", antialias=True).clamp(0, 1)

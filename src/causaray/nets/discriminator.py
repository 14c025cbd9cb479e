"""The discriminators: the realism term for images that no photograph answers for."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from causaray.nets.blocks import downsample


class PatchDiscriminator(nn.Module):
    """Images (B, 1, S, S) and label evidence (B, n) -> a map of realness logits (B, 1, S/8, S/8).

    Labels enter by projection (Miyato & Koyama 2018): present 1, absent -1, unknown 0. So an image is judged as a
    radiograph, and as a radiograph *with these findings*.
    """

    def __init__(self, n_findings: int, width: int = 32) -> None:
        super().__init__()
        act = nn.LeakyReLU(0.2)
        spectral = nn.utils.parametrizations.spectral_norm
        self.body = nn.Sequential(
            spectral(downsample(1, width)), act,
            spectral(downsample(width, 2 * width)), act,
            spectral(downsample(2 * width, 4 * width)), act,
            spectral(nn.Conv2d(4 * width, 4 * width, 3, padding=1)), act,
        )  # fmt: skip
        self.realness = spectral(nn.Conv2d(4 * width, 1, 3, padding=1))
        self.evidence = nn.Sequential(
            spectral(nn.Conv2d(4 * width, 4 * width, 4, stride=4)), act, nn.AdaptiveAvgPool2d(4), nn.Flatten(),
            spectral(nn.Linear(4 * width * 16, n_findings)),
        )  # fmt: skip

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        h = self.body(2 * x - 1)
        match = matching(self.evidence(h), labels)
        return self.realness(h).float() + match[:, None, None, None]


class FeatureDiscriminator(nn.Module):
    """Feature maps of frozen nets (B, width, h, w) and label evidence (B, n) -> realness logits (B, maps).

    A projected discriminator (Sauer et al. 2021): what the nets have learned elsewhere need not be learned from a few
    hundred radiographs. Labels enter by projection, as in `PatchDiscriminator`.
    """

    def __init__(self, widths: Sequence[int], n_findings: int, width: int = 64) -> None:
        super().__init__()
        self.eyes = nn.ModuleList(_Eye(inner, n_findings, width) for inner in widths)

    def forward(self, seen: Sequence[Tensor], labels: Tensor) -> Tensor:
        return torch.stack([eye(part, labels) for eye, part in zip(self.eyes, seen, strict=True)], dim=1)


class _Eye(nn.Module):
    def __init__(self, inner: int, n_findings: int, width: int) -> None:
        super().__init__()
        act, spectral = nn.LeakyReLU(0.2), nn.utils.parametrizations.spectral_norm
        self.body = nn.Sequential(
            nn.GroupNorm(1, inner, affine=False), spectral(nn.Conv2d(inner, width, 1)), act,
            spectral(nn.Conv2d(width, width, 3, padding=1)), act,
        )  # fmt: skip
        self.realness = spectral(nn.Conv2d(width, 1, 1))
        self.evidence = nn.Sequential(
            nn.AdaptiveAvgPool2d(4), nn.Flatten(), spectral(nn.Linear(16 * width, n_findings))
        )  # fmt: skip

    def forward(self, seen: Tensor, labels: Tensor) -> Tensor:
        h = self.body(seen)
        match = matching(self.evidence(h), labels)
        return self.realness(h).float().mean((1, 2, 3)) + match


def matching(evidence: Tensor, labels: Tensor) -> Tensor:
    """How far what is seen (B, n) agrees with label evidence (B, n): (B,), the mean over the labels that are known."""
    return (evidence.float() * labels).sum(1) / labels.abs().sum(1).clamp(min=1)

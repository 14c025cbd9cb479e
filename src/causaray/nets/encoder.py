"""The chest encoder: what reference images of a rare finding have in common, as a vector."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from causaray.nets.guide import Guide

DIM = 128
"""Features a view: as many as a guide's views read."""


class ChestEncoder(nn.Module):
    """Images (B, 1, H, W) in [0, 1] -> features (B, d), each of zero mean and unit deviation over the radiographs it
    was fitted on, divided by the root of d: two unlike images are about sqrt(2) apart.

    A guide's own, before its heads; the slot of CXR-CLIP in the paper. It guides, so it never judges.
    """

    mean: Tensor
    deviation: Tensor
    centroids: Tensor
    typical: Tensor

    def __init__(self, n_findings: int, views: Sequence[tuple[str, int]], width: int, dim: int = DIM) -> None:
        super().__init__()
        self.guide = Guide(n_findings, views, width, dim)
        d = dim * len(views)
        self.register_buffer("mean", torch.zeros(d))
        self.register_buffer("deviation", torch.ones(d))
        self.register_buffer("centroids", torch.full((n_findings, d), torch.nan))
        self.register_buffer("typical", torch.zeros(n_findings))

    def raw(self, images: Tensor) -> Tensor:
        """Features (B, d) as the views have them."""
        seen = self.guide.look(images)
        parts = [view.features(part) for view, part in zip(self.guide.views, seen, strict=True)]  # type: ignore[operator]
        return torch.cat(parts, dim=1)

    def fit(self, raw: Tensor, logits: Tensor) -> None:
        """Standardise by the features (N, d) and remember the mean logits (N, n) of the images fitted on."""
        self.typical.copy_(logits.mean(0))
        self.mean.copy_(raw.mean(0))
        self.deviation.copy_(raw.std(0).clamp(min=1e-4))

    def likeness(self, images: Tensor) -> Tensor:
        """How much more than the images fitted on these show each finding, in logits: (B, n)."""
        return self.guide(images).mean(1) - self.typical

    def forward(self, images: Tensor) -> Tensor:
        raw = self.raw(images)
        return (raw - self.mean) / self.deviation / raw.shape[1] ** 0.5

"""A small vision transformer (Dosovitskiy et al. 2021) whose patches are embedded by a few convolutions."""

import itertools

import torch
from torch import Tensor, nn

from causaray.nets.blocks import TransformerLayer, group_norm
from causaray.nets.finding_classifier import resize

PATCH = 16
"""Side in pixels of what a token stands for."""
DIM, DEPTH, HEADS, DROPOUT = 64, 6, 4, 0.1


def stem(dim: int) -> nn.Sequential:
    """Images (B, 1, S, S) to patches (B, dim, S/16, S/16): four halvings instead of one linear map.

    A transformer on few images learns much faster behind convolutions (Xiao et al. 2021).
    """
    widths, layers = (1, dim // 4, dim // 2, dim, dim), []
    for inner, outer in itertools.pairwise(widths):
        layers += [nn.Conv2d(inner, outer, 3, stride=2, padding=1), group_norm(outer), nn.SiLU()]
    return nn.Sequential(*layers)


class VisionTransformer(nn.Module):
    """Grey images (B, 1, H, W) in [0, 1] to one logit a finding (B, n).

    Images are first brought to `size` x `size`, a multiple of PATCH. The logits are read from the mean of the last
    block's tokens, which is learned sooner than a class token is (Beyer et al. 2022). Dropout is on what each block
    adds to the tokens.
    """

    def __init__(
        self, n_findings: int, size: int = 64, dim: int = DIM, depth: int = DEPTH, dropout: float = DROPOUT
    ) -> None:
        super().__init__()
        self.size = size
        self.patches = stem(dim)
        self.position = nn.Parameter(0.02 * torch.randn(1, (size // PATCH) ** 2, dim))
        self.blocks = nn.ModuleList(TransformerLayer(dim, HEADS) for _ in range(depth))
        self.dropout = nn.Dropout(dropout)
        self.norm, self.head = nn.LayerNorm(dim), nn.Linear(dim, n_findings)

    def tokens(self, images: Tensor) -> list[Tensor]:
        """What each block gives out, in order: tokens (B, patches, dim)."""
        x = self.patches(2 * resize(images, self.size) - 1).flatten(2).transpose(1, 2) + self.position
        given = []
        for block in self.blocks:
            x = x + self.dropout(block(x) - x)
            given.append(x)
        return given

    def read(self, last: Tensor) -> Tensor:
        """Logits (B, n) in the tokens of the last block."""
        return self.head(self.norm(last).mean(1)).float()

    def forward(self, images: Tensor) -> Tensor:
        return self.read(self.tokens(images)[-1])

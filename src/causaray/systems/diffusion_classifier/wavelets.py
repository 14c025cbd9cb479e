"""The Haar wavelet transform that takes the place of an autoencoder: fewer places, more channels, nothing lost."""

import torch
from torch import Tensor
from torch.nn import functional as F

_HAAR = torch.tensor([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2
"""Orthonormal: of the four pixels of a 2 x 2 square, their sum and three differences, halved."""


def haar(images: Tensor, levels: int) -> Tensor:
    """Images (B, 1, S, S) in [0, 1] to coefficients (B, 4 ** levels, S / 2 ** levels, S / 2 ** levels).

    Grey values are brought to [-1, 1] first. Each level is divided by 2, so that means stay in [-1, 1]. Levels beyond
    the paper's one transform all channels again.
    """
    z = 2 * images - 1
    for _ in range(levels):
        z = (
            torch.einsum("ij,bcjhw->bcihw", _HAAR.to(z), F.pixel_unshuffle(z, 2).unflatten(1, (-1, 4))).flatten(1, 2)
            / 2
        )
    return z


def inverse_haar(z: Tensor, levels: int) -> Tensor:
    """The images of coefficients, not clamped."""
    for _ in range(levels):
        squares = 2 * torch.einsum("ij,bcihw->bcjhw", _HAAR.to(z), z.unflatten(1, (-1, 4)))
        z = F.pixel_shuffle(squares.flatten(1, 2), 2)
    return (z + 1) / 2

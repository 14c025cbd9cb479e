"""Power over spatial frequency: what a network leaves out or paints in where no eye looks first."""

import torch
from torch import Tensor

HALF_NYQUIST = 0.25
"""Cycles a pixel."""


def spectrum(x: Tensor) -> Tensor:
    """Power of images (B, 1, S, S) at each frequency, without their mean grey: (B, S, S), unshifted."""
    return torch.fft.fft2(x[:, 0] - x[:, 0].mean((1, 2), keepdim=True)).abs().square() / x.shape[-1] ** 2


def frequency(size: int) -> Tensor:
    """Radial frequency of each entry of a spectrum (size, size), in cycles a pixel: 0 to 0.71."""
    axis = torch.fft.fftfreq(size)
    return (axis[:, None].square() + axis.square()).sqrt()


def high_frequency_power(x: Tensor) -> Tensor:
    """Power above half the Nyquist frequency of each image (B, 1, S, S): (B,), mean over the frequencies there."""
    return torch.cat([spectrum(part)[:, frequency(x.shape[-1]) > HALF_NYQUIST].mean(1) for part in x.split(64)])


def ring_power(x: Tensor, rings: int) -> Tensor:
    """Mean power of each image (B, 1, S, S) in rings of equal width from frequency 0 to 0.5 cycles a pixel: (B, rings).

    With at most S / 2 rings, each has a frequency in it; those beyond 0.5, in the corners, are left out.
    """
    ring = (frequency(x.shape[-1]) * 2 * rings).long().flatten()
    count = ring.bincount().clamp(min=1)
    sums = [
        torch.zeros(len(part), len(count)).index_add(1, ring, spectrum(part).flatten(1)) for part in x.split(64)
    ]  # fmt: skip
    return (torch.cat(sums) / count)[:, :rings]


def radial_power(x: Tensor) -> list[float]:
    """Mean power of images (B, 1, S, S) in S / 2 rings."""
    return ring_power(x, x.shape[-1] // 2).mean(0).tolist()

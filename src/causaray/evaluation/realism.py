"""Do edited images look like radiographs: kernel distance of features, and power over spatial frequency."""

import numpy as np
import torch
from torch import Tensor

HALF_NYQUIST = 0.25
"""Cycles a pixel."""


def polynomial_mmd(x: np.ndarray, y: np.ndarray) -> float:
    """Unbiased squared maximum mean discrepancy of features (n, d), (m, d), kernel (x.y / d + 1)^3 (Binkowski 2018)."""
    d, n, m = x.shape[1], len(x), len(y)

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a @ b.T / d + 1) ** 3

    xx, yy = kernel(x, x), kernel(y, y)
    within = (xx.sum() - np.trace(xx)) / (n * (n - 1)) + (yy.sum() - np.trace(yy)) / (m * (m - 1))
    return float(within - 2 * kernel(x, y).mean())


def kid(x: np.ndarray, y: np.ndarray, subset: int = 100, draws: int = 100, seed: int = 0) -> dict[str, float]:
    """Kernel inception distance, its 2.5 and 97.5 % quantiles over random subsets: {"value", "low", "high", "n"}."""
    rng, size = np.random.default_rng(seed), min(subset, len(x), len(y))
    drawn = [
        polynomial_mmd(x[rng.choice(len(x), size, replace=False)], y[rng.choice(len(y), size, replace=False)])
        for _ in range(draws)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"value": float(np.mean(drawn)), "low": float(low), "high": float(high), "n": len(x)}


def high_frequency_power(x: Tensor) -> Tensor:
    """Power above half the Nyquist frequency of each image (B, 1, H, W): (B,), mean over the frequencies there."""
    size = x.shape[-1]
    spectrum = torch.fft.fft2(x[:, 0] - x[:, 0].mean((1, 2), keepdim=True)).abs().square() / size**2
    axis = torch.fft.fftfreq(size)
    radius = (axis[:, None].square() + axis.square()).sqrt()
    return spectrum[:, radius > HALF_NYQUIST].mean(1)

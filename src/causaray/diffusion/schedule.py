"""The variance-preserving cosine schedule and the conversions between its predictions.

z_t = alpha(t) z_0 + sigma(t) eps with alpha = cos(pi t / 2), sigma = sin(pi t / 2), t in [0, 1]
(Nichol & Dhariwal 2021, without offset); v = alpha eps - sigma z_0 (Salimans & Ho 2022). The squared error of v is that
of eps, weighted by 1 / alpha^2, so that training on v is the paper's L_G with the noisiest steps not forgotten.
"""

import math

import torch
from torch import Tensor


def alpha_sigma(t: Tensor) -> tuple[Tensor, Tensor]:
    """Signal and noise scale at times t in [0, 1], shaped (B, 1, 1, 1) to multiply images."""
    angle = t.view(-1, 1, 1, 1) * (math.pi / 2)
    return angle.cos(), angle.sin()


def diffuse(z: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    """z_t from z_0, noise (both (B, C, H, W)) and t (B,)."""
    alpha, sigma = alpha_sigma(t)
    return alpha * z + sigma * noise


def velocity(z: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    """v from z_0 and noise."""
    alpha, sigma = alpha_sigma(t)
    return alpha * noise - sigma * z


def to_signal_and_noise(z_t: Tensor, v: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """(z_0, eps) from z_t and v; the exact inverse of `diffuse` and `velocity` together."""
    alpha, sigma = alpha_sigma(t)
    return alpha * z_t - sigma * v, sigma * z_t + alpha * v


def times(start: float, steps: int) -> Tensor:
    """steps + 1 times from `start` down to 0, evenly spaced."""
    return torch.linspace(start, 0.0, steps + 1)

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


def to_signal(z_t: Tensor, v: Tensor, t: Tensor) -> Tensor:
    """z_0 from z_t and v."""
    alpha, sigma = alpha_sigma(t)
    return alpha * z_t - sigma * v


def to_noise(z_t: Tensor, z: Tensor, t: Tensor) -> Tensor:
    """The noise that makes z_t of z_0, at times above 0."""
    alpha, sigma = alpha_sigma(t)
    return (z_t - alpha * z) / sigma


def turn(z: Tensor, v: Tensor, now: Tensor, after: Tensor) -> Tensor:
    """z at time `after` if signal and noise are what z and v say at `now` (both (B,)): a step of DDIM, either way."""
    cos, sin = alpha_sigma(after - now)
    return cos * z + sin * v


def times(start: float, steps: int) -> Tensor:
    """steps + 1 times from `start` down to 0, evenly spaced."""
    return torch.linspace(start, 0.0, steps + 1)

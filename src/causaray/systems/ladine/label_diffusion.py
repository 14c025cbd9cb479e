"""Diffusion of a label toward what a guide says of it (CARD, Han et al. 2022, which the paper takes over).

q(y_t | y_0, x) = N(sqrt(ab_t) y_0 + (1 - sqrt(ab_t)) y_hat, (1 - ab_t) I), so that y_T is drawn from N(y_hat, I). The
distance to the guide, d_t = y_t - y_hat = sqrt(ab_t) d_0 + sqrt(1 - ab_t) eps, is an ordinary diffusion. The samplers
below are the usual ones of it, and agree with the posterior that CARD writes out.
"""

import itertools
from collections.abc import Callable

import torch
from torch import Tensor

STEPS = 1000
FIRST, LAST = 1e-4, 0.02
"""T, and the linear schedule beta_1 ... beta_T."""
Denoise = Callable[[Tensor, int], Tensor]
"""y_t and t to eps_theta of the same shape."""


def alpha_bars(steps: int = STEPS) -> Tensor:
    """ab_0 = 1, ab_1 ... ab_T: float32 (T + 1,)."""
    betas = torch.linspace(FIRST, LAST, steps, dtype=torch.float64)
    return torch.cat([torch.ones(1, dtype=torch.float64), (1 - betas).cumprod(0)]).float()


ALPHA_BAR = alpha_bars()


def diffuse(y_0: Tensor, y_hat: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
    """y_t from y_0, the guide's y_hat and noise, alpha_bar being that of t; all broadcast."""
    root = alpha_bar.sqrt()
    return root * y_0 + (1 - root) * y_hat + (1 - alpha_bar).sqrt() * noise


def ddim(denoise: Denoise, y_hat: Tensor, noise: Tensor, steps: int) -> Tensor:
    """y_0 of the chain that begins at y_T = y_hat + noise, by `steps` of DDIM (Song et al. 2021), without more noise.

    No steps leave y_T.
    """
    times = torch.linspace(STEPS, 0, steps + 1).round().long().tolist()
    y = y_hat + noise
    for t, after in itertools.pairwise(times):
        eps = denoise(y, t)
        d_0 = clean_distance(y - y_hat, eps, t)
        y = y_hat + ALPHA_BAR[after].sqrt() * d_0 + (1 - ALPHA_BAR[after]).sqrt() * eps
    return y


def ancestral(denoise: Denoise, y_hat: Tensor, draw: Callable[[], Tensor]) -> Tensor:
    """y_0 by all T steps of DDPM's posterior; `draw` gives the noise of y_T and of each step but the last."""
    y = y_hat + draw()
    for t in range(STEPS, 0, -1):
        now, before = ALPHA_BAR[t], ALPHA_BAR[t - 1]
        alpha = now / before
        d_0 = clean_distance(y - y_hat, denoise(y, t), t)
        mean = (before.sqrt() * (1 - alpha) * d_0 + alpha.sqrt() * (1 - before) * (y - y_hat)) / (1 - now)
        deviation = ((1 - before) / (1 - now) * (1 - alpha)).sqrt()
        y = y_hat + mean + (deviation * draw() if t > 1 else 0)
    return y


def clean_distance(d_t: Tensor, eps: Tensor, t: int) -> Tensor:
    """d_0 from d_t and its noise."""
    return (d_t - (1 - ALPHA_BAR[t]).sqrt() * eps) / ALPHA_BAR[t].sqrt()

"""Stochastic Heun: paths of dZ = f(Z) dt + g(Z) o dW in the sense of Stratonovich, noise independent by coordinate."""

from collections.abc import Callable

import torch
from torch import Tensor

Field = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Z (..., D) -> drift f and diffusion g, both (..., D), g >= 0."""


def heun(field: Field, start: Tensor, steps: Tensor, noise: Tensor) -> Tensor:
    """States (T + 1, ..., D) from `start` (..., D) on, after each of T steps of lengths `steps` (T,).

    noise (T, ..., D) is standard normal, dW = noise sqrt(dt); the same noise for two treatments gives both the same
    Brownian path. Of order 1 in dt for each path, 2 where g = 0.
    """
    states = [start]
    for dt, unit in zip(steps, noise, strict=True):
        z, dw = states[-1], unit * dt.sqrt()
        f, g = field(z)
        f_next, g_next = field(z + f * dt + g * dw)
        states.append(z + (f + f_next) / 2 * dt + (g + g_next) / 2 * dw)
    return torch.stack(states)


def path_kl(field: Field, prior: Callable[[Tensor], Tensor], states: Tensor, steps: Tensor) -> Tensor:
    """KL (...) of the paths (T + 1, ..., D) to those of drift `prior` and the same g: 1/2 int |(f - prior) / g|^2 dt.

    The correction of Stratonovich is the same in both drifts, so that it cancels.
    """
    f, g = field(states[:-1])
    return torch.tensordot(steps, (((f - prior(states[:-1])) / g) ** 2).sum(-1), dims=1) / 2

"""How badly each class denoises an image, over draws of time and noise that all classes and images share."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from causaray.diffusion.clock import Clock
from causaray.diffusion.schedule import alpha_sigma, diffuse, velocity

Conditional = Callable[[Tensor, Tensor, Tensor], Tensor]
"""v(z_t (B, C, H, W), t (B,), one condition) -> v-prediction (B, C, H, W)."""
GOLDEN = (5**0.5 - 1) / 2
TOGETHER = 128
"""Noised latents that are denoised at once."""


@dataclass(frozen=True)
class Draws:
    """t (N,), times; noise (N, C, H, W)."""

    t: Tensor
    noise: Tensor

    def __len__(self) -> int:
        return len(self.t)

    def part(self, start: int, stop: int) -> "Draws":
        """Those from `start` to before `stop`."""
        return Draws(self.t[start:stop], self.noise[start:stop])


def stratified(clock: Clock, n: int, shape: tuple[int, int, int], seed: int) -> Draws:
    """n draws whose first so many, however many, are spread evenly over the network's times: multiples of the golden
    ratio, modulo 1, from a first one drawn at random (a Kronecker sequence)."""
    generator = torch.Generator().manual_seed(seed)
    first = float(torch.rand((), generator=generator))
    u = (first + GOLDEN * np.arange(n)) % 1
    grid = clock.times(1.0, 1000).flip(0).double().numpy()
    t = torch.from_numpy(np.interp(u, np.linspace(0, 1, len(grid)), grid)).float()
    return Draws(t, torch.randn(n, *shape, generator=generator))


@torch.no_grad()
def errors(denoise: Conditional, z: Tensor, conditions: Tensor, draws: Draws) -> np.ndarray:
    """e_{c,n} = ||eps_hat(z_t, t, c) - eps||^2 of clean latents z (B, C, H, W): (B, N, classes).

    conditions: one a class, (classes, ...). Each class denoises the very same z_t, in a call of its own, so that two
    equal conditions give equal errors, bit for bit.
    """
    n, found = len(draws), torch.empty(len(z), len(draws), len(conditions))
    t_of, noise_of = draws.t.to(z.device), draws.noise.to(z.device)
    for pairs in torch.arange(len(z) * n).split(TOGETHER):
        image, draw = pairs // n, pairs % n
        clean, t, noise = z[image.to(z.device)], t_of[draw.to(z.device)], noise_of[draw.to(z.device)]
        z_t, v = diffuse(clean, noise, t), velocity(clean, noise, t)
        alpha = alpha_sigma(t)[0].flatten()
        for c, condition in enumerate(conditions):
            error = (denoise(z_t, t, condition) - v).square().sum((1, 2, 3))
            found[image, draw, c] = (alpha.square() * error).cpu()  # eps_hat - eps = alpha (v_hat - v)
    return found.numpy()


def differences(denoise: Conditional, z: Tensor, conditions: Tensor, draws: Draws) -> np.ndarray:
    """Error under the first class less that under the second, (B, N): what is positive speaks for the second."""
    found = errors(denoise, z, conditions, draws)
    return found[:, :, 0] - found[:, :, 1]

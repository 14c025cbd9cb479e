"""One small deterministic sampler (DDIM, Song et al. 2021, eta = 0) and the guidance that is put around a denoiser."""

from collections.abc import Callable
from itertools import pairwise

from torch import Tensor

from causaray.diffusion.schedule import diffuse, times, to_signal_and_noise

Denoiser = Callable[[Tensor, Tensor], Tensor]
"""v(z_t (B, C, H, W), t (B,)) -> v-prediction (B, C, H, W)."""


def guided(toward: Denoiser, away: Denoiser, scale: float) -> Denoiser:
    """Classifier-free guidance (Ho & Salimans 2022): v_away + scale (v_toward - v_away); scale 1 is `toward` alone."""

    def denoise(z: Tensor, t: Tensor) -> Tensor:
        if scale == 1.0:
            return toward(z, t)
        base = away(z, t)
        return base + scale * (toward(z, t) - base)

    return denoise


def ddim(denoise: Denoiser, z: Tensor, start: float, steps: int) -> Tensor:
    """Denoise z_start (B, C, H, W) from time `start` in (0, 1] to 0 in `steps` evenly spaced steps."""
    grid = times(start, steps).to(z.device)
    for now, after in pairwise(grid):
        t = now.expand(z.shape[0])
        signal, noise = to_signal_and_noise(z, denoise(z, t), t)
        z = diffuse(signal, noise, after.expand(z.shape[0]))
    return z

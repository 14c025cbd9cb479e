"""One small deterministic sampler (DDIM, Song et al. 2021, of second order) and the guidance around a denoiser."""

from collections.abc import Callable
from itertools import pairwise

from torch import Tensor

from causaray.diffusion.schedule import diffuse, times, to_noise, to_signal

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


def multistep(denoise: Denoiser, z: Tensor, start: float, steps: int) -> Tensor:
    """Denoise z_start (B, C, H, W) from time `start` in (0, 1] to 0 in `steps` evenly spaced steps, one call each.

    A step is DDIM's with the signal that is expected half a step later, going by the step before: second order, as
    DPM-Solver++ 2M (Lu et al. 2022).
    """
    before = None
    for now, after in pairwise(times(start, steps).to(z.device)):
        t = now.expand(z.shape[0])
        signal = to_signal(z, denoise(z, t), t)
        ahead = signal if before is None else 1.5 * signal - 0.5 * before
        z = diffuse(ahead, to_noise(z, ahead, t), after.expand(z.shape[0]))
        before = signal
    return z

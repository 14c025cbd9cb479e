"""Samplers: small pure functions that carry latents along a sequence of times, and the guidance around a denoiser.

With time as the angle of the schedule, v is dz/dt of the probability-flow ODE up to pi / 2 (Song et al. 2021;
Salimans & Ho 2022): a step of DDIM turns (z, v) by the angle between two times, and runs backwards as well as forwards.

Each takes `each(i, z) -> z`, called after step i with the latents there: hooks that look (and return z) or change.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from causaray.diffusion.schedule import alpha_sigma, diffuse, to_noise, to_signal, turn

Denoiser = Callable[[Tensor, Tensor], Tensor]
"""v(z_t (B, C, H, W), t (B,)) -> v-prediction (B, C, H, W)."""
Each = Callable[[int, Tensor], Tensor]
"""What is done with the latents (B, C, H, W) after step i."""
Pull = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Latents z (B, C, H, W), v there, and t (B,) -> the gradient of what a chain is to make small (B, C, H, W)."""
Sampler = Callable[..., Tensor]
"""sampler(denoise, z, times, each) -> the latents at the last of `times`."""


def untouched(i: int, z: Tensor) -> Tensor:
    """The hook that does nothing."""
    return z


def guided(toward: Denoiser, away: Denoiser, scale: float) -> Denoiser:
    """Classifier-free guidance (Ho & Salimans 2022): v_away + scale (v_toward - v_away); scale 1 is `toward` alone."""

    def denoise(z: Tensor, t: Tensor) -> Tensor:
        if scale == 1.0:
            return toward(z, t)
        base = away(z, t)
        return base + scale * (toward(z, t) - base)

    return denoise


def _steps(z: Tensor, times: Tensor) -> Iterator[tuple[int, Tensor, Tensor]]:
    """Number, time before and time after (B,) of each step."""
    for i, (now, after) in enumerate(pairwise(times.to(z.device))):
        yield i, now.expand(len(z)), after.expand(len(z))


def ddim(denoise: Denoiser, z: Tensor, times: Tensor, each: Each = untouched) -> Tensor:
    """Latents z (B, C, H, W) at times[0] carried to times[-1], one call a step; first order. Rising times invert."""
    for i, now, after in _steps(z, times):
        z = each(i, turn(z, denoise(z, now), now, after))
    return z


def multistep(denoise: Denoiser, z: Tensor, times: Tensor, each: Each = untouched) -> Tensor:
    """As `ddim`, with the signal that is expected half a step later, going by the step before: second order, one call.

    DPM-Solver++ 2M (Lu et al. 2022), extrapolating over the angle; times must fall, to 0 or above.
    """
    before, last = None, 1.0
    for i, now, after in _steps(z, times):
        signal, length = to_signal(z, denoise(z, now), now), float(times[i] - times[i + 1])
        share = 0.5 * length / last
        ahead = signal if before is None else (1 + share) * signal - share * before
        z = each(i, diffuse(ahead, to_noise(z, ahead, now), after))
        before, last = signal, length
    return z


def heun(denoise: Denoiser, z: Tensor, times: Tensor, each: Each = untouched) -> Tensor:
    """Heun's second-order rule (Karras et al. 2022, Alg. 1, without churn): two calls a step.

    The slope at both ends of a step is averaged in the frame that turns with it, where that of DDIM stands still.
    """
    for i, now, after in _steps(z, times):
        slope = denoise(z, now)
        there = turn(z, slope, now, after)
        back = turn_slope(there, denoise(there, after), after, now)
        z = each(i, turn(z, (slope + back) / 2, now, after))
    return z


def turn_slope(z: Tensor, v: Tensor, now: Tensor, after: Tensor) -> Tensor:
    """The slope v at (z, now) as it would stand at `after` if signal and noise stayed what they are here."""
    cos, sin = alpha_sigma(after - now)
    return cos * v - sin * z


def ancestral(
    denoise: Denoiser,
    z: Tensor,
    times: Tensor,
    each: Each = untouched,
    *,
    generator: torch.Generator | Sequence[torch.Generator] | None = None,
    pull: Pull | None = None,
) -> Tensor:
    """Ancestral sampling (Ho et al. 2020; DDIM with eta = 1): each step forgets some noise and draws as much anew.

    generator: of all images, or one of each. pull: moves the mean of a step by minus its variance times that gradient
    (Dhariwal & Nichol 2021, Alg. 1).
    """
    for i, now, after in _steps(z, times):
        v = denoise(z, now)
        mean, deviation = posterior(v, z, now, after)
        if pull is not None:
            mean = mean - deviation.square() * pull(z, v, now)
        z = each(i, mean + deviation * drawn(z.shape, generator).to(z))
    return z


def drawn(shape: torch.Size, generator: torch.Generator | Sequence[torch.Generator] | None) -> Tensor:
    """Noise (B, C, H, W), by one generator of all images, or by one of each."""
    if generator is None or isinstance(generator, torch.Generator):
        return torch.randn(shape, generator=generator)
    return torch.stack([torch.randn(shape[1:], generator=one) for one in generator])


def posterior(v: Tensor, z: Tensor, now: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (B, C, H, W) and deviation (B, 1, 1, 1) of an ancestral step from z at `now` to the earlier time `after`."""
    signal = to_signal(z, v, now)
    noise = to_noise(z, signal, now)
    (a_now, s_now), (a_after, s_after) = alpha_sigma(now), alpha_sigma(after)
    fresh = s_after / s_now * (1 - (a_now / a_after).square()).clamp(min=0).sqrt()
    kept = (s_after.square() - fresh.square()).clamp(min=0).sqrt()
    return a_after * signal + kept * noise, fresh


SAMPLERS: dict[str, Sampler] = {"ddim": ddim, "multistep": multistep, "heun": heun, "ancestral": ancestral}

"""Latents and images that a prior draws of texts alone."""

from collections.abc import Sequence

import torch
from torch import Tensor

from causaray.diffusion.prior import Prior
from causaray.diffusion.sampler import Each, multistep, untouched

START = 0.98
"""The time that stands for noise: nearer to 1 the second-order sampler divides by next to nothing."""
AT_ONCE = 32


@torch.no_grad()
def draw(
    prior: Prior, texts: Sequence[str], *, seed: int, steps: int = 20, guidance: float = 1.0, each: Each = untouched
) -> Tensor:
    """Latents (N, C, H, W) of N texts; row i starts from row i of the noise of `seed`, whatever it says."""
    noise, null = prior.noise(len(texts), seed), prior.embed([""])
    parts = [
        multistep(
            prior.denoiser(prior.embed(texts[i : i + AT_ONCE]), null if guidance != 1 else None, guidance),
            noise[i : i + AT_ONCE].to(null),
            prior.clock.times(START, steps),
            each,
        )
        for i in range(0, len(texts), AT_ONCE)
    ]
    return torch.cat(parts)


@torch.no_grad()
def images_of(prior: Prior, latents: Tensor) -> Tensor:
    """Images (N, 1, S, S) in [0, 1] of latents (N, C, H, W)."""
    return torch.cat([prior.codec.decode(part).clamp(0, 1) for part in latents.split(AT_ONCE)])

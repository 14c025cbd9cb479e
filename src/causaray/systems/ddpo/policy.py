"""Denoising as a decision process (Black et al. 2023, arXiv 2305.13301): a step is a move of known probability.

pi(x_after | x_now, c) = N(mu_theta(x_now, now, c), sigma^2 I), the ancestral step of the house's samplers (DDIM with
eta = 1). The last step, to t = 0, has sigma = 0: it is no decision, and has no probability.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from causaray.devices import autocast
from causaray.diffusion.prior import Prior
from causaray.diffusion.sampler import Denoiser, posterior
from causaray.priors.text_to_image import START


@dataclass(frozen=True)
class Move:
    """A step that B denoisings took at times `now` -> `after`: from z to made, (B, C, H, W), drawn about `mean`.

    log_probability: (B,), float64, under the policy that drew it.
    """

    now: float
    after: float
    z: Tensor
    made: Tensor
    mean: Tensor
    log_probability: Tensor


def log_probability(made: Tensor, mean: Tensor, deviation: Tensor) -> Tensor:
    """log N(made; mean, deviation^2 I) of (B, C, H, W), the mean over dimensions, not their sum: (B,), float64.

    Double precision: two of these are subtracted, and what is left of them is of the order of 1e-4.
    """
    sigma = deviation.double()
    error = (made.double() - mean.double()) / sigma
    return (-0.5 * error.square() - sigma.log() - 0.5 * math.log(2 * math.pi)).mean((1, 2, 3))


def step(denoise: Denoiser, z: Tensor, now: float, after: float) -> tuple[Tensor, Tensor]:
    """mu_theta (B, C, H, W) and sigma (B, 1, 1, 1) of the step from z at `now` to `after`."""
    t, s = (torch.full((len(z),), time, device=z.device) for time in (now, after))
    return posterior(denoise(z, t), z, t, s)


@torch.no_grad()
def sample(
    denoise: Denoiser, z: Tensor, times: Sequence[float], generator: torch.Generator, keep: Collection[int] = ()
) -> tuple[Tensor, list[Move]]:
    """Latents z (B, C, H, W) at times[0] carried to times[-1] = 0, and the moves of the steps to `keep`, in order.

    keep: of 0 to len(times) - 3; the last step is none to keep.
    """
    moves: list[Move] = []
    for i, (now, after) in enumerate(pairwise(times)):
        mean, deviation = step(denoise, z, now, after)
        if after == 0:
            return mean, moves
        made = mean + deviation * torch.randn(z.shape, generator=generator).to(z)
        if i in keep:
            moves.append(Move(now, after, z, made, mean, log_probability(made, mean, deviation)))
        z = made
    raise ValueError(f"The times of a denoising end at 0, not at {times[-1]}.")


@dataclass(frozen=True)
class Sampling:
    """How a prior is sampled. steps: of a denoising; guidance: 1 is none; batch: latents at once; bf16: autocast.

    A move is recomputed in the batch and the precision that it was drawn in, so that rho begins at 1.
    """

    steps: int
    guidance: float = 1.0
    batch: int = 32
    bf16: bool = False

    def denoiser(self, prior: Prior, texts: Sequence[str]) -> Denoiser:
        """The prior under texts (B of them), guided where that is asked for, in the precision asked for."""
        with torch.no_grad():
            context = prior.embed(texts)
            null = prior.embed([""]) if self.guidance != 1 else None
        bare = prior.denoiser(context, null, self.guidance)

        def denoise(z: Tensor, t: Tensor) -> Tensor:
            with autocast(z.device, self.bf16):
                return bare(z, t)

        return denoise

    def draw(
        self, prior: Prior, texts: Sequence[str], seed: int, keep: Collection[int] = ()
    ) -> list[tuple[Tensor, list[Move]]]:
        """What `sample` gives of N texts, batch by batch; row i has the same noise whatever the texts and the prior."""
        times = prior.clock.times(START, self.steps).tolist()
        noise, device = prior.noise(len(texts), seed), next(prior.unet.parameters()).device
        return [
            sample(
                self.denoiser(prior, texts[i : i + self.batch]),
                noise[i : i + self.batch].to(device),
                times,
                torch.Generator().manual_seed(1_000_003 * seed + i + 1),
                keep,
            )
            for i in range(0, len(texts), self.batch)
        ]

    def latents(self, prior: Prior, texts: Sequence[str], seed: int) -> Tensor:
        """Clean latents (N, C, H, W) of N texts."""
        return torch.cat([z for z, _ in self.draw(prior, texts, seed)])

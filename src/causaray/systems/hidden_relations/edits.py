"""System 4: edit one attribute, and let all that no caption speaks of move as the model has learned (arXiv 2503.23618).

The paper edits by inversion and attention control. Here an edit is any function of two captions (`Edit`), so that such
ones can take the place of the two below, which denoise the same latents with the same noise under both.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from causaray.diffusion.prior import Prior
from causaray.diffusion.sampler import multistep
from causaray.systems.trajectories.trajectory import GUIDANCE, partly_noised

Edit = Callable[[str], Tensor]
"""edit(caption) -> images (N, 1, S, S) in [0, 1] of the same N patients under it."""

STEPS, BATCH = 10, 64


def renoised(
    prior: Prior, images: Tensor, noise: Tensor, depth: float = 0.7, guidance: float = GUIDANCE, steps: int = STEPS
) -> Edit:
    """Patients who are there: images (N, 1, S, S) noised up to time `depth` and denoised (SDEdit, Meng et al. 2022)."""
    start = partly_noised(prior, images, noise, depth)
    return lambda caption: _denoised(prior, start, caption, depth, guidance, steps)


@torch.no_grad()
def _denoised(prior: Prior, start: Tensor, caption: str, depth: float, guidance: float, steps: int) -> Tensor:
    denoise = prior.denoiser(prior.embed([caption]), prior.embed([""]), guidance)
    times = prior.clock.times(depth, steps)
    made = [prior.codec.decode(multistep(denoise, few, times)) for few in start.split(BATCH)]
    return torch.cat(made).clamp(0, 1)

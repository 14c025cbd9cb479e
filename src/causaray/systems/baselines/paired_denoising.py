"""Two denoisings of one noised latent, under the request and under its opposite: what differs is what was asked.

SDEdit (Meng et al. 2022) with common random numbers.
"""

import torch
from torch import Tensor

from causaray.diffusion.prior import Prior
from causaray.diffusion.sampler import multistep
from causaray.diffusion.schedule import diffuse
from causaray.errors import BadInput
from causaray.priors.language_editor import Asked, Denoising, LanguageEditor, Latents

DEFAULT = Denoising(12, 4.0)


class PairedEditor(LanguageEditor):
    """Paired denoisings on a prior."""

    kind, method = "paired denoising", "paired"

    def __init__(self, prior: Prior, config: Denoising = DEFAULT) -> None:
        super().__init__(prior, config)

    def latents(self, asked: Asked) -> Latents:
        prior, n = self.prior, len(asked.z)
        times = prior.clock.times(asked.start, self.config.steps).to(asked.z.device)
        noised = diffuse(asked.z, prior.noise(1, asked.seed).to(asked.z).expand_as(asked.z), times[0].expand(n))
        context = prior.embed(asked.texts).repeat_interleave(n, 0)

        def velocity(z: Tensor, t: Tensor) -> Tensor:
            source, target = z.chunk(2)
            of_source, of_target, away = prior(
                torch.cat([source, target, target]), t[:1].expand(3 * n), torch.cat([context, context[:n]])
            ).chunk(3)
            return torch.cat([of_source, away + self.config.guidance * (of_target - away)])

        source, target = multistep(velocity, noised.repeat(2, 1, 1, 1), times).chunk(2)
        return source, target, asked.allowed


class DriftingEditor(PairedEditor):
    """The same on a prior that was fine-tuned with a drift: the editor of Latent Drifting (arXiv 2412.20651).

    Raises BadInput for a prior without a drift.
    """

    kind, method = "latent drifting", "drift"

    def __init__(self, prior: Prior, config: Denoising = DEFAULT) -> None:
        if prior.drift is None:
            raise BadInput(f"{prior.name} has no drift; `causaray finetune --drift` makes a prior with one.")
        super().__init__(prior, config)

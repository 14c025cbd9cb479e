"""Baseline: the masked part of an image drawn anew under the request, the rest held (RePaint, Lugmayr et al. 2022)."""

import torch
from torch import Tensor

from causaray.diffusion.prior import Prior
from causaray.diffusion.sampler import ddim
from causaray.diffusion.schedule import diffuse
from causaray.priors.language_editor import Asked, Denoising, LanguageEditor, Latents

DEFAULT = Denoising(25, 2.0)


class InpaintingEditor(LanguageEditor):
    """Inpainting on a prior: without a mask the whole image is drawn anew."""

    kind = method = "inpainting"

    def __init__(self, prior: Prior, config: Denoising = DEFAULT) -> None:
        super().__init__(prior, config)

    def latents(self, asked: Asked) -> Latents:
        prior, n, allowed = self.prior, len(asked.z), asked.allowed
        times = prior.clock.times(asked.start, self.config.steps).to(asked.z.device)
        noise = prior.noise(1, asked.seed).to(asked.z).expand_as(asked.z)
        context, away = (prior.embed([text]).expand(n, -1, -1) for text in asked.texts[::-1])

        def held(i: int, z: Tensor) -> Tensor:
            return torch.where(allowed, z, diffuse(asked.z, noise, times[i + 1].expand(n)))

        denoise = prior.denoiser(context, away, self.config.guidance)
        target = ddim(denoise, diffuse(asked.z, noise, times[0].expand(n)), times, held)
        return asked.z, target, allowed

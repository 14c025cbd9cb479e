"""System 6, PRISM (arXiv 2503.00196): inversion, prompt-to-prompt and filters around the shared prior.

The image is inverted under the source text, then denoised under both texts side by side; the target listens to the
source's attention, so that what neither text names stays where it is. The filters are in `edit_filters`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from causaray.diffusion.attention import PromptToPrompt, aligned, controlled
from causaray.diffusion.inversion import (
    Path,
    follow,
    invert_ddim,
    invert_edit_friendly,
    invert_leapfrog,
    optimise_nulls,
)
from causaray.diffusion.prior import Prior
from causaray.priors.language_editor import Asked, LanguageEditor, Latents


@dataclass(frozen=True)
class Config:
    """How PRISM edits.

    `inversion`: of INVERSIONS; `steps`: of inversion and denoising each; `cross`, `own`, `weight`: see PromptToPrompt;
    `blend`: threshold of the region that may change, 0 for everywhere.
    """

    inversion: str = "edit-friendly"
    steps: int = 10
    guidance: float = 6.0
    cross: float = 0.8
    own: float = 0.0
    weight: float = 1.0
    blend: float = 0.0


DEFAULT = Config()
PUBLISHED = Config("null-text", 50, 7.5, 0.8, 0.5, 2.0, 0.3)
"""The schedule of the authors, as far as it is known."""


class PrismEditor(LanguageEditor):
    """PRISM on a prior, as its `Config` says."""

    kind = method = "prism"

    def __init__(self, prior: Prior, config: Config = DEFAULT) -> None:
        super().__init__(prior, config)

    def latents(self, asked: Asked) -> Latents:
        return self.denoised(self.inverted(asked), asked, self.config.own)

    def inverted(self, asked: Asked) -> Path:
        """How to come back to the image under the source text."""
        times = self.prior.clock.times(asked.start, self.config.steps).to(asked.z.device)
        context = self.prior.embed([asked.texts[0]]).expand(len(asked.z), -1, -1)
        return INVERSIONS[self.config.inversion](
            self.prior, asked.z, times, context, self.config.guidance, asked.seed
        )  # fmt: skip

    def denoised(self, path: Path, asked: Asked, own: float) -> Latents:
        """Along that path under both texts; `own` as of the config."""
        context = self.prior.embed(asked.texts).repeat_interleave(len(asked.z), 0)
        prior, config, n, steps = self.prior, self.config, len(asked.z), len(path.times) - 1
        allowed = asked.allowed
        words = aligned(prior.words.pieces(asked.texts[0]), prior.words.pieces(asked.texts[1]))
        control = PromptToPrompt(words, config.cross, own, config.weight, prior.shape[1])

        def region() -> Tensor:
            return allowed & control.region(prior.shape[1], config.blend) if config.blend else allowed

        def velocity(i: int, z: Tensor) -> Tensor:
            control.step(i / steps)
            t = path.times[i].expand(2 * n)
            with controlled(prior.unet, control):
                both = prior(z, t, context)
            return self._guided(path, i, z, t, both, context[:n])

        def blended(i: int, z: Tensor) -> Tensor:
            source, target = z.chunk(2)
            return torch.cat([source, torch.where(region(), target, source)])

        source, target = follow(path, velocity, 2, blended).chunk(2)
        return source, target, region()

    def _guided(self, path: Path, i: int, z: Tensor, t: Tensor, both: Tensor, opposite: Tensor) -> Tensor:
        """Guidance: of both branches away from optimised null texts, else of the target alone, away from the source."""
        n, scale, null = len(z) // 2, self.config.guidance, path.null(i)
        if null is not None:
            away = self.prior(z, t, null.repeat(2, 1, 1))
            return away + scale * (both - away)
        away = self.prior(z[n:], t[n:], opposite)
        return torch.cat([both[:n], away + scale * (both[n:] - away)])


Invert = Callable[[Prior, Tensor, Tensor, Tensor, float, int], Path]
"""(prior, latents, falling times, context of the source, guidance, seed) -> their path."""


def _by_ddim(prior: Prior, z: Tensor, times: Tensor, context: Tensor, guidance: float, seed: int) -> Path:
    return invert_ddim(prior.denoiser(context), z, times)[0]


def _by_null_text(prior: Prior, z: Tensor, times: Tensor, context: Tensor, guidance: float, seed: int) -> Path:
    _, passed = invert_ddim(prior.denoiser(context), z, times)
    return optimise_nulls(prior, passed, times, context, guidance)


def _edit_friendly(prior: Prior, z: Tensor, times: Tensor, context: Tensor, guidance: float, seed: int) -> Path:
    return invert_edit_friendly(prior.denoiser(context), z, times, torch.Generator().manual_seed(seed))


def _by_leapfrog(prior: Prior, z: Tensor, times: Tensor, context: Tensor, guidance: float, seed: int) -> Path:
    return invert_leapfrog(prior.denoiser(context), z, times)


INVERSIONS: dict[str, Invert] = {
    "ddim": _by_ddim,
    "null-text": _by_null_text,
    "edit-friendly": _edit_friendly,
    "leapfrog": _by_leapfrog,
}

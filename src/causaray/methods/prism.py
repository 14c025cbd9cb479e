"""System 6, PRISM (arXiv 2503.00196): inversion, prompt-to-prompt and filters around the shared prior.

The source text is the opposite of the request ("no edema" for "edema"), as system 1 is guided away from it. The image
is inverted under it, then denoised under both texts side by side; the target listens to the source's attention, and
what neither text names stays where it is. What the autoencoder leaves out of the image is carried over, as there.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from causaray.diffusion.attention import PromptToPrompt, aligned, controlled
from causaray.diffusion.inversion import (
    Path as InversionPath,
)
from causaray.diffusion.inversion import (
    follow,
    invert_ddim,
    invert_edit_friendly,
    invert_leapfrog,
    optimise_nulls,
)
from causaray.diffusion.prior import Prior
from causaray.errors import BadInput
from causaray.findings import Findings, check_known
from causaray.methods.captions import caption
from causaray.methods.conditions import opposites
from causaray.methods.editor import Edit
from causaray.methods.residual import carry_over
from causaray.methods.text_prior import load_prior

NOISIEST = 0.98
"""Where an edit of strength 1 starts."""


@dataclass(frozen=True)
class Config:
    """How PRISM edits.

    `inversion`: of INVERSIONS; `steps`: of inversion and denoising each; `cross`, `own`, `weight`: see PromptToPrompt;
    `blend`: threshold of the region that may change, 0 for everywhere.
    """

    inversion: str = "edit-friendly"
    steps: int = 12
    guidance: float = 4.0
    cross: float = 0.8
    own: float = 0.3
    weight: float = 1.0
    blend: float = 0.0


PUBLISHED = Config("null-text", 50, 7.5, 0.8, 0.5, 2.0, 0.3)
"""The schedule of the authors, as far as it is known."""


@dataclass(frozen=True)
class PrismEdit(Edit):
    """`region` (B, 1, S, S), bool: where the image was allowed to change."""

    region: Tensor


class PrismEditor:
    """An editor by words on a prior. `names`: the findings that its captions may name."""

    def __init__(self, prior: Prior, names: tuple[str, ...], config: Config | None = None) -> None:
        self.prior, self.names, self.config = prior, names, config or Config()
        self.name, self.size, self.digest = f"prism on {prior.name}", prior.size, prior.digest

    @classmethod
    def load(cls, folder: Path, **how: Any) -> "PrismEditor":
        """On the prior of a folder (`load_prior`). Raises BadInput when it holds none."""
        prior = load_prior(folder)
        return cls(prior, prior.names, replace(Config(), **how))

    @torch.no_grad()
    def reconstruct(self, images: Tensor) -> Tensor:
        """What the autoencoder makes of images (B, 1, S, S) in [0, 1]."""
        return self.prior.codec.decode(self.prior.codec.encode(images)).clamp(0, 1)

    @torch.no_grad()
    def edit(
        self, images: Tensor, request: Findings, *, seed: int = 0, strength: float = 0.7, mask: Tensor | None = None
    ) -> PrismEdit:
        """What images (B, 1, S, S) in [0, 1] would look like with `request`; strength 0 gives them back bit for bit.

        mask: bool, broadcast to the images: where they may change; elsewhere pixels are the input's, bit for bit.
        Raises BadInput for an empty or unknown request and for a strength outside [0, 1].
        """
        self._check(request, strength)
        allowed = torch.ones_like(images, dtype=torch.bool) if mask is None else mask.expand_as(images)
        z = self.prior.codec.encode(images)
        before = self.prior.codec.decode(z)
        if strength == 0:
            return PrismEdit(before.clamp(0, 1), images.clone(), allowed & False)
        texts = caption(opposites(request)), caption(list(request))
        path = self.inverted(z, texts[0], strength, seed)
        source, target, region = self.denoised(path, texts)
        change = self.prior.codec.decode(target) - self.prior.codec.decode(source)
        allowed = allowed & region(self.size)
        made = torch.where(allowed, carry_over(images, change).clamp(0, 1), images)
        return PrismEdit(before.clamp(0, 1), made, allowed)

    def inverted(self, z: Tensor, text: str, strength: float, seed: int) -> InversionPath:
        """The path of latents z under a text, from time strength^(1/2) NOISIEST."""
        times = self.prior.clock.times(NOISIEST * strength**0.5, self.config.steps).to(z.device)
        context = self.prior.embed([text]).expand(len(z), -1, -1)
        return INVERSIONS[self.config.inversion](self.prior, z, times, context, self.config.guidance, seed)

    def denoised(self, path: InversionPath, texts: tuple[str, str]) -> tuple[Tensor, Tensor, Callable[[int], Tensor]]:
        """Clean latents of the source and of the target text, and where they may differ, as a mask of any size."""
        prior, config, n = self.prior, self.config, len(path.start)
        words = aligned(prior.words.pieces(texts[0]), prior.words.pieces(texts[1]))
        control = PromptToPrompt(words, config.cross, config.own, config.weight, prior.shape[1])
        context = prior.embed(texts).repeat_interleave(n, 0)
        steps = len(path.times) - 1

        def velocity(i: int, z: Tensor) -> Tensor:
            control.step(i / steps)
            t = path.times[i].expand(2 * n)
            with controlled(prior.unet, control):
                both = prior(z, t, context)
            return self._guided(path, i, z, t, both, context[:n])

        def blended(i: int, z: Tensor) -> Tensor:
            source, target = z.chunk(2)
            return torch.cat([source, torch.where(region(prior.shape[1]), target, source)])

        def region(size: int) -> Tensor:
            if not config.blend:
                return torch.ones(1, 1, size, size, dtype=torch.bool)
            return control.region(size, config.blend)

        source, target = follow(path, velocity, 2, blended).chunk(2)
        return source, target, region

    def _guided(self, path: InversionPath, i: int, z: Tensor, t: Tensor, both: Tensor, opposite: Tensor) -> Tensor:
        """Guidance: of both branches away from optimised null texts, else of the target alone, away from the source."""
        n, scale, null = len(z) // 2, self.config.guidance, path.null(i)
        if null is not None:
            away = self.prior(z, t, null.repeat(2, 1, 1))
            return away + scale * (both - away)
        away = self.prior(z[n:], t[n:], opposite)
        return torch.cat([both[:n], away + scale * (both[n:] - away)])

    def _check(self, request: Findings, strength: float) -> None:
        if not 0 <= strength <= 1:
            raise BadInput(f"Strength {strength} is outside 0 (nothing) to 1 (from noise).")
        check_known(request, self.names, self.name)
        if not any(f.state != "uncertain" for f in request):
            raise BadInput("The request names no finding that is to be present or absent.")


Invert = Callable[[Prior, Tensor, Tensor, Tensor, float, int], InversionPath]
"""(prior, latents, falling times, context of the source, guidance, seed) -> their path."""


def _by_ddim(prior: Prior, z: Tensor, times: Tensor, context: Tensor, guidance: float, seed: int) -> InversionPath:
    return invert_ddim(prior.denoiser(context), z, times)[0]


def _by_null_text(prior: Prior, z: Tensor, times: Tensor, context: Tensor, guidance: float, seed: int) -> InversionPath:
    _, passed = invert_ddim(prior.denoiser(context), z, times)
    return optimise_nulls(prior, passed, times, context, guidance)


def _edit_friendly(
    prior: Prior, z: Tensor, times: Tensor, context: Tensor, guidance: float, seed: int
) -> InversionPath:
    return invert_edit_friendly(prior.denoiser(context), z, times, torch.Generator().manual_seed(seed))


def _by_leapfrog(prior: Prior, z: Tensor, times: Tensor, context: Tensor, guidance: float, seed: int) -> InversionPath:
    return invert_leapfrog(prior.denoiser(context), z, times)


INVERSIONS: dict[str, Invert] = {
    "ddim": _by_ddim,
    "null-text": _by_null_text,
    "edit-friendly": _edit_friendly,
    "leapfrog": _by_leapfrog,
}

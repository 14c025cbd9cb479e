"""What all editors by words have in common: a prior, two texts, and an image that changes by their difference."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from causaray.diffusion.prior import Prior
from causaray.editors.conditions import check_asked, check_strength, opposites
from causaray.editors.residual import carry_over_fading
from causaray.findings import Findings
from causaray.priors.captions import caption
from causaray.priors.text_prior import check_words
from causaray.systems.causal_disentanglement.editor import Edit

NOISIEST = 0.98
"""Where an edit of strength 1 starts."""


@dataclass(frozen=True)
class LanguageEdit(Edit):
    """`region` (B, 1, S, S), bool: where the image was allowed to change."""

    region: Tensor


Latents = tuple[Tensor, Tensor, Tensor]
"""Clean latents (B, C, H, W) of source and target, and where they may differ: bool (B or 1, 1, H, W)."""


@dataclass(frozen=True)
class Asked:
    """What an edit is made of: clean latents (B, C, H, W), the source and the target text, when to start, a seed, and
    where images may change (B, 1, S, S), bool."""

    z: Tensor
    texts: tuple[str, str]
    start: float
    seed: int
    mask: Tensor

    @property
    def allowed(self) -> Tensor:
        """Where latents may change (B, 1, H, W), bool."""
        return shrunk(self.mask, self.z.shape[-1])


@dataclass(frozen=True)
class Denoising:
    """Steps of a denoising, and guidance of the target away from the source text."""

    steps: int
    guidance: float


class LanguageEditor(ABC):
    """An editor by words on a prior.

    The source text is the opposite of the request ("no edema" for "edema"), as system 1 is guided away from it. What
    the autoencoder leaves out of the image is carried over, as there, but fades where much changes.
    """

    kind: str

    def __init__(self, prior: Prior, config: Any) -> None:
        self.prior, self.config = prior, config
        self.name, self.names, self.size, self.digest = (
            f"{self.kind} on {prior.name}", prior.names, prior.size, prior.digest,
        )  # fmt: skip

    @property
    def denoiser(self) -> nn.Module:
        """What is called again and again in an edit."""
        return self.prior.unet

    @abstractmethod
    def latents(self, asked: Asked) -> Latents:
        """Where the denoisings end under both texts."""

    @torch.no_grad()
    def reconstruct(self, images: Tensor) -> Tensor:
        """What the autoencoder makes of images (B, 1, S, S) in [0, 1]."""
        return self.prior.codec.decode(self.prior.codec.encode(images)).clamp(0, 1)

    @torch.no_grad()
    def edit(
        self, images: Tensor, request: Findings, *, seed: int = 0, strength: float = 0.7, mask: Tensor | None = None
    ) -> LanguageEdit:
        """What images (B, 1, S, S) in [0, 1] would look like with `request`; strength 0 gives them back bit for bit.

        strength: its root is the time, of NOISIEST, that the edit starts from. mask: bool, broadcast to the images:
        where they may change; elsewhere pixels are the input's, bit for bit.
        Raises BadInput for an empty or unknown request and for a strength outside [0, 1].
        """
        check_asked(request, strength, self.names, self.name)
        return self.edit_words(images, *texts_of(request), seed=seed, strength=strength, mask=mask)

    @torch.no_grad()
    def edit_words(
        self, images: Tensor, source: str, target: str, *, seed: int = 0, strength: float = 0.7,
        mask: Tensor | None = None,
    ) -> LanguageEdit:  # fmt: skip
        """The same for any two captions, of what images are ("60 year old man") and of what they are to be.

        Raises BadInput for a word that a prior of ours was never told, and for a strength outside [0, 1].
        """
        asked = self.ask(images, (source, target), seed, strength, mask)
        return self.drawn(images, asked, self.latents(asked)) if strength else self.untouched(images)

    def ask(
        self, images: Tensor, texts: tuple[str, str], seed: int, strength: float, mask: Tensor | None
    ) -> Asked:  # fmt: skip
        """What `edit_words` makes of its arguments; raises what it does."""
        check_words(self.prior, texts)
        check_strength(strength)
        everywhere = torch.ones_like(images[:, :1], dtype=torch.bool)
        allowed = everywhere if mask is None else everywhere & mask
        return Asked(self.prior.codec.encode(images), texts, NOISIEST * strength**0.5, seed, allowed)

    def drawn(self, images: Tensor, asked: Asked, latents: Latents) -> LanguageEdit:
        """The edit of images that latents of both texts are."""
        from_z, to_z, region = latents
        decode, allowed = self.prior.codec.decode, asked.mask & shrunk(region, self.size)
        made = carry_over_fading(images, decode(from_z), decode(to_z)).clamp(0, 1)
        return LanguageEdit(decode(asked.z).clamp(0, 1), torch.where(allowed, made, images), allowed)

    def untouched(self, images: Tensor) -> LanguageEdit:
        """The edit of strength 0."""
        return LanguageEdit(self.reconstruct(images), images.clone(), torch.zeros_like(images, dtype=torch.bool))


def texts_of(request: Findings) -> tuple[str, str]:
    """The source and the target text of a request."""
    return caption(opposites(request)), caption(list(request))


def shrunk(mask: Tensor, size: int) -> Tensor:
    """A bool mask (B, 1, H, W) at another size: a pixel is in it when any part of it is."""
    if mask.shape[-1] <= size:
        return nn.functional.interpolate(mask.float(), size=(size, size), mode="nearest") > 0
    return nn.functional.adaptive_max_pool2d(mask.float(), size) > 0

"""What all editors by words have in common: a prior, two texts, and an image that changes by their difference."""

from abc import ABC, abstractmethod
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from causaray.diffusion.prior import Prior
from causaray.editors.conditions import check_asked, check_strength, opposites
from causaray.editors.edit import Edit, EditRequest
from causaray.editors.protocol import check_options
from causaray.editors.residual import carry_over_fading
from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.priors.captions import caption
from causaray.priors.text_prior import check_words
from causaray.priors.text_to_image import draw, images_of

GUIDANCE = 3.0
"""Of images that are drawn of a caption alone."""
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
    """What its name says of it."""
    method: str
    """The name of its kind in `System.kinds`, and in records."""
    takes: Set[str] = frozenset({"mask", "captions"})
    adds_only = False

    def __init__(self, prior: Prior, config: Any) -> None:
        self.prior, self.config, self.weights = prior, config, prior.name
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
        return self._decode(self._encode(images)).clamp(0, 1)

    @torch.no_grad()
    def edit(self, images: Tensor, request: EditRequest) -> LanguageEdit:
        """What images (B, 1, S, S) in [0, 1] would look like under a request; strength 0 gives them back bit for bit.

        The root of the strength is the time, of NOISIEST, that the edit starts from. Outside of a mask pixels are the
        input's, bit for bit. Captions are any two, of what the images are ("60 year old man") and of what they are to
        be. Of several seeds the first is taken. Raises BadInput for an empty or unknown request, for a word that a
        prior of ours was never told, and for a strength outside [0, 1].
        """
        asked = self.ask(images, request)
        return self.drawn(images, asked, self.latents(asked)) if request.strength else self.untouched(images)

    @torch.no_grad()
    def generate(self, request: Findings, n: int, *, seed: int = 0, identity: Tensor | None = None) -> Tensor:
        """n images (n, 1, S, S) of a request, drawn of its caption alone. Raises BadInput as `edit`, and for an
        identity, which a prior cannot keep."""
        check_asked(request, 1.0, self.names, self.name)
        if identity is not None:
            raise BadInput(f"{self.weights} draws images of words alone and keeps no anatomy; leave --identity out.")
        texts = [caption(list(request))] * n
        check_words(self.prior, texts[:1])
        return images_of(self.prior, draw(self.prior, texts, seed=seed, guidance=GUIDANCE)).cpu()

    def ask(self, images: Tensor, request: EditRequest) -> Asked:
        """What is denoised for a request; raises what `edit` does."""
        check_options(self, request)
        if request.captions is None:
            check_asked(request.findings, request.strength, self.names, self.name)
        texts = request.captions or texts_of(request.findings)
        check_words(self.prior, texts)
        check_strength(request.strength)
        everywhere = torch.ones_like(images[:, :1], dtype=torch.bool)
        allowed = (everywhere if request.mask is None else everywhere & request.mask).to(self.device)
        start = NOISIEST * request.strength**0.5
        return Asked(self._encode(images), texts, start, request.first_seed, allowed)

    @property
    def device(self) -> torch.device:
        """Where the prior works."""
        return next(self.prior.unet.parameters()).device

    def _encode(self, images: Tensor) -> Tensor:
        return self.prior.codec.encode(images.to(self.device))

    def _decode(self, z: Tensor) -> Tensor:
        return self.prior.codec.decode(z).cpu()

    def drawn(self, images: Tensor, asked: Asked, latents: Latents) -> LanguageEdit:
        """The edit of images that latents of both texts are."""
        from_z, to_z, region = latents
        decode, allowed = self._decode, (asked.mask & shrunk(region, self.size)).cpu()
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

"""LaDiNE: a vision transformer, and a diffusion of the label on each of several of its blocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from causaray.nets.vision_transformer import VisionTransformer
from causaray.systems.ladine.aggregation import Uncertainty, bilevel, uncertainty
from causaray.systems.ladine.label_diffusion import STEPS, ancestral, ddim
from causaray.systems.ladine.label_space import SPACES, LabelSpaceName
from causaray.systems.ladine.members import Denoiser, Guide, pooled

SEED = 0
"""Of the noise that chains begin at when nothing else is said: all images have the same, and an image always has."""


@dataclass(frozen=True)
class Seen:
    """What M members have of B images: the logit of each guide (M, B), and pooled tokens (M, B, D)."""

    logits: Tensor
    features: Tensor

    def members(self, which: Sequence[int]) -> Self:
        """What these of the members have."""
        return type(self)(self.logits[list(which)], self.features[list(which)])


class Ladine(nn.Module):
    """Grey images (B, 1, H, W) in [0, 1] to the probability (B, 1) that the finding is there.

    vit: stage 1, of one finding. blocks: on which the members stand, from 1; the last is read by the transformer's own
    head, which makes a single member on it a CARD. samples: chains a member. sampling_steps: of DDIM; 1000 are all
    steps of ancestral sampling.
    """

    temperature: Tensor

    def __init__(
        self,
        vit: VisionTransformer,
        blocks: Sequence[int],
        label_space: LabelSpaceName = "simplex",
        samples: int = 20,
        sampling_steps: int = 20,
    ) -> None:
        super().__init__()
        self.vit, self.blocks, self.space = vit, tuple(blocks), SPACES[label_space]
        self.samples, self.sampling_steps = samples, sampling_steps
        _, length, dim = vit.position.shape
        self.guides = nn.ModuleDict({str(block): Guide(length, dim) for block in blocks if block < len(vit.blocks)})
        self.denoisers = nn.ModuleList(Denoiser(dim) for _ in blocks)
        self.register_buffer("temperature", torch.ones(()))

    def guide_logits(self, tokens: Sequence[Tensor]) -> Tensor:
        """Logit of the finding by each guide (B, M), in the tokens of all blocks."""
        said = [
            self.guides[str(block)](tokens[block - 1]) if str(block) in self.guides else self.vit.read(tokens[-1])[:, 0]
            for block in self.blocks
        ]
        return torch.stack(said, 1)

    def see(self, tokens: Sequence[Tensor]) -> Seen:
        """What the members have of images whose tokens the transformer gives: (B, L, D) of each block."""
        features = torch.stack([pooled(tokens[block - 1]) for block in self.blocks])
        return Seen(self.guide_logits(tokens).T, features)

    def y_hat(self, seen: Seen) -> Tensor:
        """What the guides say, in the label space: (M, B, 2)."""
        present = seen.logits.sigmoid()
        return self.space.place(torch.stack([1 - present, present], -1))

    def labels(self, seen: Seen, rng: torch.Generator | None = None, steps: int | None = None) -> Tensor:
        """Labels y_0 drawn by the chains: (M, S, B, 2).

        rng: of noise of each image's own, such as an expectation over it needs; without it all images have the same.
        """
        steps = self.sampling_steps if steps is None else steps
        own, rng = (1, torch.Generator().manual_seed(SEED)) if rng is None else (seen.logits.shape[1], rng)
        y_hat = self.y_hat(seen)
        return torch.stack([self._chains(i, y_hat[i], seen, own, rng, steps) for i in range(len(self.blocks))])

    def _chains(self, i: int, y_hat: Tensor, seen: Seen, own: int, rng: torch.Generator, steps: int) -> Tensor:
        """(S, B, 2) of member i."""
        denoiser = self.denoisers[i]
        image = denoiser.image(seen.features[i])  # type: ignore[operator]

        def denoise(y: Tensor, t: int) -> Tensor:
            return denoiser(image, y, y_hat, torch.full((1,), t / STEPS, device=y.device))

        def noise() -> Tensor:
            drawn = torch.randn(self.samples, own, 2, generator=rng).to(y_hat.device)
            return drawn.expand(-1, len(y_hat), -1)

        return ancestral(denoise, y_hat, noise) if steps >= STEPS else ddim(denoise, y_hat, noise(), steps)

    def drawn(self, y: Tensor, temperature: float | None = None) -> Tensor:
        """The probabilities (M, S, B, 2) that labels y_0 say, at the temperature of the net or another."""
        return self.space.read(y, float(self.temperature) if temperature is None else temperature)

    def aggregated(self, y: Tensor, temperature: float | None = None) -> Tensor:
        """The one probability of each class, (B, 2): stage 3."""
        at = float(self.temperature) if temperature is None else temperature
        return self.space.temper(bilevel(self.drawn(y, at)), at)

    def forward(self, images: Tensor) -> Tensor:
        return self.aggregated(self.labels(self.see(self.vit.tokens(images))))[:, 1:]

    def answer(self, images: Tensor) -> tuple[Tensor, Uncertainty]:
        """The probability (B,) that the finding is there, and how far the chains disagree about it."""
        y = self.labels(self.see(self.vit.tokens(images)))
        return self.aggregated(y)[:, 1], uncertainty(self.drawn(y))

"""The prior that the language-guided systems share: a text-conditioned diffusion model of whole radiographs.

Ours, or any Stable Diffusion 1.x or 2.x folder in the layout of diffusers: the denoiser is diffusers' U-Net in both,
so that attention control, LoRA and inversion are written once.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from causaray.diffusion.clock import Clock
from causaray.diffusion.sampler import Denoiser, guided
from causaray.nets.words import Words


class Prior(nn.Module):
    """Images (B, 1, S, S) in [0, 1] <-> latents z, and v(z, t | text) of them.

    codec: a `nets.codecs.Codec`, images to latents and back. unet: diffusers' UNet2DConditionModel. text_encoder:
    transformers' CLIPTextModel. The empty text is the null condition. drift: (1, 1, 1) or (C, 1, 1), added to whatever
    latents the U-Net is shown (`systems.latent_drifting.drift`), or None. names: findings that captions may name.
    """

    drift: Tensor | None

    def __init__(
        self, name: str, size: int, codec: Any, unet: Any, text_encoder: Any, words: Words, clock: Clock,
        names: tuple[str, ...],
    ) -> None:  # fmt: skip
        super().__init__()
        self.name, self.size, self.digest, self.names = name, size, "unsaved", names
        self.codec, self.unet, self.text_encoder = codec, unet, text_encoder
        self.words, self.clock = words, clock
        self.register_buffer("drift", None, persistent=False)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of one latent: channels, height, width."""
        return self.codec.channels, self.codec.side, self.codec.side

    def embed(self, texts: Sequence[str]) -> Tensor:
        """What the U-Net attends to: (B, L, dim), a row a text."""
        numbers = self.words.numbers(texts).to(next(self.text_encoder.parameters()).device)
        return self.text_encoder(numbers)[0]

    def forward(self, z: Tensor, t: Tensor, context: Tensor) -> Tensor:
        """v (B, C, H, W) of latents z (B, C, H, W) at t (B,) in [0, 1] under `context` (1 or B, L, dim)."""
        context = context.expand(len(z), -1, -1)
        shown = z if self.drift is None else z + self.drift
        output = self.unet(shown, self.clock.network_time(t), encoder_hidden_states=context).sample
        return self.clock.velocity(output.float(), z, t)

    def denoiser(self, context: Tensor, null: Tensor | None = None, guidance: float = 1.0) -> Denoiser:
        """The denoiser under `context`, guided away from `null` (classifier-free) where one is given."""
        toward = self._under(context)
        return toward if null is None else guided(toward, self._under(null), guidance)

    def _under(self, context: Tensor) -> Denoiser:
        return lambda z, t: self(z, t, context)

    def noise(self, n: int, seed: int) -> Tensor:
        """n latents of noise that a seed stands for."""
        return torch.randn(n, *self.shape, generator=torch.Generator().manual_seed(seed))

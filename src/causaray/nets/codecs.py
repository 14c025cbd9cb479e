"""Images to the latents of a prior and back: by the autoencoder of system 1, or of a Stable Diffusion folder."""

from typing import Any, Protocol

from torch import Tensor, nn

from causaray.nets.autoencoder import CausalAutoencoder
from causaray.nets.denoiser import Standardiser


class Codec(Protocol):
    """Images (B, 1, S, S) in [0, 1] <-> latents (B, channels, side, side) of about zero mean and unit deviation."""

    channels: int
    side: int

    def encode(self, images: Tensor) -> Tensor: ...

    def decode(self, z: Tensor) -> Tensor:
        """Images (B, 1, S, S), unclamped."""
        ...


class CausalCodec(nn.Module):
    """All latent channels of system 1, identity and pathology alike, as they are before the interaction transformer.

    patch: how many latent pixels a side are folded into channels, so that a denoiser works on a coarser grid.
    """

    def __init__(self, autoencoder: CausalAutoencoder, patch: int = 1) -> None:
        super().__init__()
        shape = autoencoder.shape
        self.autoencoder = autoencoder.eval().requires_grad_(False)
        self.scale = Standardiser(shape.channels)
        self.fold, self.unfold = nn.PixelUnshuffle(patch), nn.PixelShuffle(patch)
        self.size, self.channels, self.side = shape.size, shape.channels * patch**2, shape.latent_size // patch

    def latent(self, images: Tensor) -> Tensor:
        """z (B, n, S/4, S/4) of images: means."""
        identity, pathology = self.autoencoder.encode(images)
        return self.autoencoder.latent(identity.mean, pathology.mean)

    def encode(self, images: Tensor) -> Tensor:
        return self.fold(self.scale(self.latent(images)))

    def decode(self, z: Tensor) -> Tensor:
        return self.autoencoder.decoder(self.autoencoder.composed(self.scale.inverse(self.unfold(z))))[:, :1]


class StableCodec(nn.Module):
    """The autoencoder of a Stable Diffusion folder (diffusers' AutoencoderKL): grey images on all its channels."""

    def __init__(self, vae: Any, size: int) -> None:
        super().__init__()
        self.vae: Any = vae.eval().requires_grad_(False)
        config = vae.config
        self.size, self.channels = size, config.latent_channels
        self.side = size // 2 ** (len(config.block_out_channels) - 1)

    def encode(self, images: Tensor) -> Tensor:
        config = self.vae.config
        moments = self.vae.encode((2 * images - 1).expand(-1, config.in_channels, -1, -1))
        return moments.latent_dist.mean * config.scaling_factor

    def decode(self, z: Tensor) -> Tensor:
        image = self.vae.decode(z / self.vae.config.scaling_factor).sample
        return image.mean(1, keepdim=True) * 0.5 + 0.5

"""The autoencoder of system 1: an image in, identity channels and a pathology map out, and back."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from causaray.nets.blocks import ResBlock, downsample, group_norm, standardise
from causaray.nets.film_decoder import FilmDecoder
from causaray.nets.interaction import InteractionTransformer
from causaray.nets.map_refiner import MapRefiner
from causaray.nets.residual_unet import ModulatedBlock, ResidualUNet


@dataclass(frozen=True)
class Shape:
    """Geometry of the latent: `channels` maps of size/4; the last ones, pathology, stored at `pathology_size`.

    noise: whether T is given one more channel, the eps of eq. (1). pathology_channels: how many are pathology, one in
    the paper. true_groups: whether the nets are those that learn from pairs of films with and without a finding
    (`WideEncoder`, `WideDecoder`, `MapRefiner`, `FilmDecoder`). The pathology maps are then a share in [0, 1] for each
    finding, and the pathology channels are what T is told of them. fine: how many times as fine as `size` the films are
    that the `FilmDecoder` paints on.
    """

    size: int
    channels: int
    pathology_size: int
    width: int
    depth: int
    transformer_layers: int
    transformer_dim: int
    transformer_patch: int
    noise: bool = False
    pathology_channels: int = 1
    true_groups: bool = False
    fine: int = 1

    @property
    def identity_channels(self) -> int:
        return self.channels - self.pathology_channels

    @property
    def latent_size(self) -> int:
        return self.size // 4


@dataclass(frozen=True)
class Posterior:
    """A diagonal Gaussian: mean and log-variance of one shape."""

    mean: Tensor
    logvar: Tensor

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        noise = torch.randn(self.mean.shape, generator=generator, device=self.mean.device, dtype=self.mean.dtype)
        return self.mean + noise * (0.5 * self.logvar).exp()

    def kl(self) -> Tensor:
        """KL divergence to N(0, I), mean over batch and elements."""
        return 0.5 * (self.mean.square() + self.logvar.exp() - 1 - self.logvar).mean()


def posterior(moments: Tensor) -> Posterior:
    """The Gaussian of moments (B, 2C, H, W): means, then log-variances, held to a sane range."""
    mean, logvar = moments.float().chunk(2, dim=1)
    return Posterior(mean, logvar.clamp(-12, 4))


class Encoder(nn.Module):
    """x (B, 1, S, S) -> posteriors of identity (B, n-1, S/4, S/4) and pathology (B, 1, p, p)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        # Pixel-unshuffle instead of full-resolution convolutions: the same receptive field at a quarter of the time.
        self.stem = nn.Sequential(nn.PixelUnshuffle(4), nn.Conv2d(16, width, 3, padding=1))
        self.trunk = nn.Sequential(*[ResBlock(width) for _ in range(shape.depth)])
        self.identity = nn.Sequential(
            group_norm(width), nn.SiLU(), nn.Conv2d(width, 2 * (shape.channels - 1), 3, padding=1)
        )
        self.pathology = self._pathology_branch(shape)

    @staticmethod
    def _pathology_branch(shape: Shape) -> nn.Sequential:
        width, size = shape.width, shape.latent_size
        layers: list[nn.Module] = [nn.PixelUnshuffle(4), nn.Conv2d(16, width, 3, padding=1), ResBlock(width)]
        while size > shape.pathology_size:
            layers += [downsample(width, width + 32), ResBlock(width + 32)]
            width, size = width + 32, size // 2
        layers += [ResBlock(width), group_norm(width), nn.SiLU(), nn.Conv2d(width, 2, 3, padding=1)]
        return nn.Sequential(*layers)

    def forward(self, x: Tensor) -> tuple[Posterior, Posterior]:
        h = self.trunk(self.stem(2 * x - 1))
        # The pathology branch has its own eyes, on the standardised image: exposure must not ride on the pathology map.
        return posterior(self.identity(h)), posterior(self.pathology(standardise(x)))


class Decoder(nn.Module):
    """f (B, n, S/4, S/4) -> image (B, 1, S, S), unclamped, nominally in [0, 1]."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.enter = nn.Conv2d(shape.channels, width, 3, padding=1)
        self.fine = nn.Sequential(*[ResBlock(width) for _ in range(shape.depth)])
        self.coarse = nn.Sequential(
            downsample(width, width), ResBlock(width), ResBlock(width), nn.Upsample(scale_factor=2, mode="bilinear")
        )
        self.grow = nn.Sequential(
            group_norm(width), nn.SiLU(), nn.Conv2d(width, 16 * 16, 3, padding=1), nn.PixelShuffle(4)
        )
        # A last full-resolution convolution, or the pixel shuffle leaves its grid in the image.
        self.refine = nn.Sequential(
            nn.SiLU(), nn.Conv2d(16, 16, 3, padding=1), nn.SiLU(), nn.Conv2d(16, 1, 3, padding=1)
        )

    def forward(self, f: Tensor) -> Tensor:
        h = self.enter(f)
        h = self.fine(h + self.coarse(h))
        return self.refine(self.grow(h)).float() * 0.5 + 0.5


class WideEncoder(nn.Module):
    """x (B, 1, S, S) -> posteriors of identity (B, n-k, S/4, S/4) and of the share of each finding (B, m, S/4, S/4).

    The shares are in [0, 1], sure but for `SURE`. The nets see the whole film: what lies under a finding is told by
    what lies beside it.
    """

    def __init__(self, shape: Shape, n_findings: int) -> None:
        super().__init__()
        widths = (shape.width, shape.width * 3 // 2, shape.width * 2)
        self.fold = nn.PixelUnshuffle(4)
        self.identity = ResidualUNet(16, 2 * shape.identity_channels, widths)
        self.pathology = ResidualUNet(16, n_findings, widths)

    def forward(self, x: Tensor) -> tuple[Posterior, Posterior]:
        identity, shares = self.identity(self.fold(2 * x - 1)), self.shares(x)
        return posterior(identity), Posterior(shares, torch.full_like(shares, SURE))

    def shares(self, x: Tensor) -> Tensor:
        """The mean share of each finding alone, (B, m, S/4, S/4), of images (B, 1, S, S)."""
        shares: Tensor = self.pathology(self.fold(standardise(x))).float().sigmoid()
        return shares


SURE = -8.0
"""Log-variance of the shares of findings: a little noise, so that the decoder does not lean on their last digits."""


class WideDecoder(nn.Module):
    """f (B, n, S/4, S/4) -> image (B, 1, S, S), unclamped, nominally in [0, 1]; it sees the whole of f."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width, half = shape.width, shape.width * 3 // 4
        self.trunk = ResidualUNet(shape.channels, 4 * half, (width, width * 3 // 2, width * 2))
        self.finer = nn.Sequential(nn.PixelShuffle(2), ModulatedBlock(half, half))
        self.grow = nn.Sequential(nn.SiLU(), nn.Conv2d(half, 4 * 16, 3, padding=1), nn.PixelShuffle(2))
        self.refine = nn.Sequential(
            nn.SiLU(), nn.Conv2d(16, 16, 3, padding=1), nn.SiLU(), nn.Conv2d(16, 1, 3, padding=1)
        )

    def forward(self, f: Tensor) -> Tensor:
        return self.refine(self.grow(self.finer(self.trunk(f)))).float() * 0.5 + 0.5


PLACE = 10
"""Coordinates of a chest, the channels of `anatomy.coordinates.SHEETS`."""


class CausalAutoencoder(nn.Module):
    """Encoder, interaction transformer, decoder and the classifier that reads only the pathology maps."""

    def __init__(self, shape: Shape, n_findings: int) -> None:
        super().__init__()
        self.shape, k = shape, shape.pathology_channels
        self.encoder: nn.Module = WideEncoder(shape, n_findings) if shape.true_groups else Encoder(shape)
        self.decoder: nn.Module = WideDecoder(shape) if shape.true_groups else Decoder(shape)
        self.refiner = MapRefiner(n_findings, PLACE, shape.fine) if shape.true_groups else None
        known = shape.channels + n_findings
        self.over = FilmDecoder(known, PLACE, n_findings, shape.width, shape.fine) if shape.true_groups else None
        self.told = (
            nn.Sequential(nn.Conv2d(n_findings, 48, 3, padding=1), nn.SiLU(), nn.Conv2d(48, k, 1))
            if shape.true_groups
            else None
        )
        maps = n_findings if shape.true_groups else k
        self.interaction = InteractionTransformer(
            shape.channels + shape.noise, shape.latent_size, shape.transformer_patch, shape.transformer_dim,
            shape.transformer_layers,
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.AdaptiveAvgPool2d(8), nn.Flatten(), nn.Dropout(0.2),
            nn.Linear(64 * maps, 128), nn.SiLU(), nn.Dropout(0.2), nn.Linear(128, n_findings),
        )  # fmt: skip

    def encode(self, x: Tensor) -> tuple[Posterior, Posterior]:
        """Identity and pathology posteriors of images (B, 1, S, S) in [0, 1]."""
        return self.encoder(x)

    def latent(self, identity: Tensor, pathology: Tensor) -> Tensor:
        """z (B, n, S/4, S/4): the identity channels and the pathology maps (B, k, p, p), raised to their resolution.

        With true groups the maps are shares (B, m, S/4, S/4), of which T is told in k channels.
        """
        if self.told is not None:
            return torch.cat([identity, self.told(pathology)], dim=1)
        size = self.shape.latent_size
        if pathology.shape[-1] != size:
            pathology = nn.functional.interpolate(pathology, size=(size, size), mode="bilinear", align_corners=False)
        return torch.cat([identity, pathology], dim=1)

    def decode(self, identity: Tensor, pathology: Tensor) -> Tensor:
        """x = D(T(z)) for identity (B, n-k, S/4, S/4) and pathology (B, k, p, p)."""
        return self.decoder(self.composed(self.latent(identity, pathology)))

    def refine(self, film: Tensor, place: Tensor, pathology: Tensor, coming: Tensor) -> Tensor:
        """Q(x, z_n): fine maps (B, m, S, S) of films x (B, 1, fine S, fine S), see `MapRefiner`."""
        if self.refiner is None:
            raise TypeError("These weights did not learn from true groups; they have no fine maps.")
        return self.refiner(film, place, pathology, coming)

    def render(
        self, identity: Tensor, pathology: Tensor, film: Tensor, place: Tensor | None = None, maps: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """R(x, T(z), z_n): layer and cover of the findings over a film x (B, 1, fine S, fine S), see `FilmDecoder`.

        place (B, 10, h, w): the coordinates of the chest, none where they are not told; maps (B, m, S, S): the fine
        maps, the pathology maps as they are where there are none. Where true groups were learned.
        """
        if self.over is None:
            raise TypeError("These weights did not learn from true groups; they draw nothing over a film.")
        f = self.composed(self.latent(identity, pathology))
        place = film.new_zeros(len(film), PLACE, 1, 1) if place is None else place
        return self.over(film, torch.cat([f, pathology], 1), place, pathology if maps is None else maps)

    def composed(self, z: Tensor) -> Tensor:
        """f = g(z, eps) of eq. (1), (B, n, S/4, S/4): eps is drawn in training, and 0 in use."""
        return self.interaction(self._noised(z))[:, : self.shape.channels]

    def attention(self, z: Tensor) -> Tensor:
        """`InteractionTransformer.attention` between the n channels of z: (B, k, n, P, n, P)."""
        n = self.shape.channels
        return self.interaction.attention(self._noised(z))[:, :, :n, :, :n]

    def _noised(self, z: Tensor) -> Tensor:
        if not self.shape.noise:
            return z
        eps = torch.randn_like(z[:, :1]) if self.training else torch.zeros_like(z[:, :1])
        return torch.cat([z, eps], dim=1)

    def classify(self, pathology: Tensor) -> Tensor:
        """Logits (B, n_findings) from the pathology maps alone."""
        return self.classifier(pathology)

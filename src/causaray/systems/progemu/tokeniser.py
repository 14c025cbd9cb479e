"""The tokeniser of films: each place of a film as one of a few learned codes (van den Oord et al. 2017).

Codes and what the encoder gives lie on the unit sphere, where few codes go unused (Yu et al. 2022, ViT-VQGAN).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss, normalize

from causaray.nets.blocks import ResBlock, downsample, group_norm

PLACE = 8
"""Side in pixels of what a token stands for."""
COMMITMENT = 0.25
"""Weight of the pull of the encoder to the codes, as van den Oord et al. have it."""


@dataclass(frozen=True)
class TokeniserShape:
    """size: side of a film in pixels, a multiple of PLACE; codes: how many there are, of `dim` numbers each."""

    size: int
    width: int = 48
    codes: int = 512
    dim: int = 8

    @property
    def side(self) -> int:
        """Tokens along one side of a film."""
        return self.size // PLACE


class FilmTokeniser(nn.Module):
    """Films (B, 1, S, S) in [0, 1] to tokens (B, (S / 8)^2), row by row, and back."""

    def __init__(self, shape: TokeniserShape) -> None:
        super().__init__()
        self.shape, width, wide = shape, shape.width, 2 * shape.width
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(4), nn.Conv2d(16, width, 3, padding=1), ResBlock(width),
            downsample(width, wide), ResBlock(wide), group_norm(wide), nn.SiLU(), nn.Conv2d(wide, shape.dim, 1),
        )  # fmt: skip
        self.codebook = nn.Parameter(normalize(torch.randn(shape.codes, shape.dim), dim=-1))
        self.decoder = nn.Sequential(
            nn.Conv2d(shape.dim, wide, 3, padding=1), ResBlock(wide), ResBlock(wide),
            nn.Conv2d(wide, 4 * width, 1), nn.PixelShuffle(2), ResBlock(width), ResBlock(width),
            group_norm(width), nn.SiLU(), nn.Conv2d(width, 16 * 8, 3, padding=1), nn.PixelShuffle(4),
            nn.SiLU(), nn.Conv2d(8, 1, 3, padding=1),
        )  # fmt: skip

    @property
    def codes(self) -> Tensor:
        """The codes (K, dim), of length 1."""
        return normalize(self.codebook, dim=-1)

    def features(self, films: Tensor) -> Tensor:
        """What is encoded of films: (B, places, dim), of length 1."""
        return normalize(self.encoder(2 * films - 1).float().flatten(2).transpose(1, 2), dim=-1)

    def nearest(self, features: Tensor) -> Tensor:
        """The number of the code nearest to each feature (B, places, dim): (B, places)."""
        return (features @ self.codes.T).argmax(-1)

    @torch.no_grad()
    def encode(self, films: Tensor, batch: int = 256) -> Tensor:
        """Tokens (B, places), int64, of films, a few at a time."""
        return torch.cat([self.nearest(self.features(part)) for part in films.split(batch)])

    @torch.no_grad()
    def decode(self, tokens: Tensor, batch: int = 256) -> Tensor:
        """Films (B, 1, S, S) in [0, 1] of tokens (B, places), a few at a time."""
        return torch.cat([self.draw(self.codes[part]).clamp(0, 1) for part in tokens.split(batch)])

    def draw(self, codes: Tensor) -> Tensor:
        """Films, not clamped, of codes (B, places, dim)."""
        side = self.shape.side
        return self.decoder(codes.transpose(1, 2).unflatten(2, (side, side))).float() * 0.5 + 0.5

    def losses(self, films: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """What is learned by, each a mean, and the tokens. The gradient of a film passes its code straight through."""
        features = self.features(films)
        tokens = self.nearest(features)
        codes = self.codes[tokens]
        drawn = self.draw(features + (codes - features).detach())
        found = {
            "film": (drawn - films).abs().mean() + mse_loss(drawn, films),
            "edges": sum(((drawn - films).diff(dim=axis).abs().mean() for axis in (2, 3)), torch.tensor(0.0)),
            "codes": mse_loss(codes, features.detach()) + COMMITMENT * mse_loss(features, codes.detach()),
        }
        return found, tokens

    @torch.no_grad()
    def restart(self, used: Tensor, films: Tensor) -> None:
        """Set the codes that are not `used`, bool (K,), to features of films: what is near nothing never moves."""
        features = self.features(films).flatten(0, 1)
        idle = (~used).nonzero()[:, 0]
        chosen = torch.randint(len(features), (len(idle),))
        self.codebook[idle] = features[chosen] + 0.01 * torch.randn(len(idle), self.shape.dim)

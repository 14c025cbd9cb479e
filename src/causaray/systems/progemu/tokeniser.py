"""The tokeniser of films: each place of a film as one of a few learned codes."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss, normalize

from causaray.nets.blocks import ResBlock, downsample, group_norm
from causaray.systems.progemu.codebook import Codebook

PLACE = 8
"""Side in pixels of what a token stands for."""


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


def encoder(films: int, shape: TokeniserShape) -> nn.Sequential:
    """So many films (B, films, S, S) to maps (B, dim, S / 8, S / 8)."""
    width, wide = shape.width, 2 * shape.width
    return nn.Sequential(
        nn.PixelUnshuffle(4), nn.Conv2d(16 * films, width, 3, padding=1), ResBlock(width),
        downsample(width, wide), ResBlock(wide), group_norm(wide), nn.SiLU(), nn.Conv2d(wide, shape.dim, 1),
    )  # fmt: skip


def places(maps: Tensor) -> Tensor:
    """Maps (B, dim, h, w) as features (B, h w, dim) of length 1."""
    return normalize(maps.float().flatten(2).transpose(1, 2), dim=-1)


def fine(width: int) -> nn.Sequential:
    """Maps (B, width, S / 4, S / 4) to what is drawn, (B, 1, S, S)."""
    return nn.Sequential(
        ResBlock(width), ResBlock(width), group_norm(width), nn.SiLU(), nn.Conv2d(width, 16 * 8, 3, padding=1),
        nn.PixelShuffle(4), nn.SiLU(), nn.Conv2d(8, 1, 3, padding=1),
    )  # fmt: skip


class FilmTokeniser(nn.Module):
    """Films (B, 1, S, S) in [0, 1] to tokens (B, (S / 8)^2), row by row."""

    def __init__(self, shape: TokeniserShape) -> None:
        super().__init__()
        self.shape = shape
        self.encoder = encoder(1, shape)
        self.book = Codebook(shape.codes, shape.dim)

    def features(self, films: Tensor) -> Tensor:
        """What is encoded of films: (B, places, dim), of length 1."""
        return places(self.encoder(2 * films - 1))

    @torch.no_grad()
    def encode(self, films: Tensor, batch: int = 256) -> Tensor:
        """Tokens (B, places), int64, of films, a few at a time."""
        return torch.cat([self.book.nearest(self.features(part)) for part in films.split(batch)])


class FilmAutoencoder(nn.Module):
    """A tokeniser of films and what draws films of its tokens, which are trained together; a follow-up needs the
    former alone."""

    def __init__(self, shape: TokeniserShape) -> None:
        super().__init__()
        width, wide = shape.width, 2 * shape.width
        self.tokeniser = FilmTokeniser(shape)
        self.decoder = nn.Sequential(
            nn.Conv2d(shape.dim, wide, 3, padding=1), ResBlock(wide), ResBlock(wide),
            nn.Conv2d(wide, 4 * width, 1), nn.PixelShuffle(2), fine(width),
        )  # fmt: skip

    @property
    def book(self) -> Codebook:
        """The codes of the tokeniser."""
        return self.tokeniser.book

    @torch.no_grad()
    def decode(self, tokens: Tensor, batch: int = 256) -> Tensor:
        """Films (B, 1, S, S) in [0, 1] of tokens (B, places), a few at a time."""
        return torch.cat([self.draw(self.book.codes[part]).clamp(0, 1) for part in tokens.split(batch)])

    def draw(self, codes: Tensor) -> Tensor:
        """Films, not clamped, of codes (B, places, dim)."""
        side = self.tokeniser.shape.side
        return self.decoder(codes.transpose(1, 2).unflatten(2, (side, side))).float() * 0.5 + 0.5

    def losses(self, films: Tensor) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """What is learned by, each a mean; the features (N, dim), and their tokens (N,)."""
        features = self.tokeniser.features(films)
        tokens = self.book.nearest(features)
        codes, pull = self.book.passed(features, tokens)
        drawn = self.draw(codes)
        edges = ((drawn - films).diff(dim=axis).abs().mean() for axis in (2, 3))
        found = {
            "film": (drawn - films).abs().mean() + mse_loss(drawn, films), "edges": sum(edges, torch.tensor(0.0)),
            "codes": pull,
        }  # fmt: skip
        return found, features.flatten(0, 1), tokens.flatten()

"""The tokeniser of follow-ups: what is other than in the prior film, place by place.

This deviates from the paper, which has the codes of the follow-up film itself. Most of those say nothing: they flicker
where the film stays, and a small transformer learns to copy them. Here a token tells the change of its place, and STILL
stands where there is none, as in the predicted frames of a video.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d, normalize

from causaray.nets.blocks import ResBlock, downsample, group_norm
from causaray.nets.guide import blur
from causaray.systems.progemu.codebook import Codebook
from causaray.systems.progemu.tokeniser import PLACE, TokeniserShape, encoder, fine

STILL = 0
"""The token of a place where nothing changes."""
LEAST, SIGMA = 0.02, 1.0
"""A place is still where no change in grey, blurred by so many pixels, is larger."""
SCALE = 5.0
"""Changes in grey are seen by the encoder times this: they are small beside the film."""


class ChangeTokeniser(nn.Module):
    """Prior and follow-up films (B, 1, S, S) in [0, 1] to tokens (B, (S / 8)^2), and tokens on a prior to a follow-up.

    Tokens are STILL, or the number of a code and one. The change is drawn with the prior film in sight. Where a token
    and those about it are STILL no pixel changes.
    """

    def __init__(self, shape: TokeniserShape) -> None:
        super().__init__()
        self.shape, width, wide = shape, shape.width, 2 * shape.width
        self.encoder = encoder(2, shape)
        self.spread = nn.BatchNorm1d(shape.dim, affine=False)  # else all features begin as one, and stay so
        self.book = Codebook(shape.codes, shape.dim)
        self.still = nn.Parameter(torch.zeros(shape.dim))
        self.prior = nn.Sequential(nn.PixelUnshuffle(4), nn.Conv2d(16, width, 3, padding=1), ResBlock(width))
        self.prior_wide = nn.Sequential(downsample(width, wide), ResBlock(wide))
        self.coarse = nn.Sequential(
            nn.Conv2d(shape.dim + wide, wide, 3, padding=1), ResBlock(wide), ResBlock(wide), group_norm(wide),
            nn.SiLU(), nn.Conv2d(wide, 4 * width, 1), nn.PixelShuffle(2),
        )  # fmt: skip
        self.joined = nn.Conv2d(2 * width, width, 3, padding=1)
        self.fine = fine(width)
        for last in self.fine[-1].parameters():  # nothing changes at the beginning: unlearning noise takes long
            nn.init.zeros_(last)

    @property
    def tokens(self) -> int:
        """How many numbers a token may have."""
        return 1 + self.shape.codes

    def features(self, prior: Tensor, follow_up: Tensor, still: Tensor) -> Tensor:
        """What is encoded of the places of pairs that are not `still`, bool (B, places): (N, dim), of length 1."""
        maps = self.encoder(torch.cat([2 * prior - 1, SCALE * (follow_up - prior)], 1))
        found = maps.float().flatten(2).transpose(1, 2)[~still]
        return normalize(self.spread(found) if len(found) > 1 or not self.training else found, dim=-1)

    @torch.no_grad()
    def encode(self, prior: Tensor, follow_up: Tensor, batch: int = 256) -> Tensor:
        """Tokens (B, places), int64, of pairs of films, a few at a time."""
        return torch.cat([self._encode(*pair) for pair in zip(prior.split(batch), follow_up.split(batch), strict=True)])

    def _encode(self, prior: Tensor, follow_up: Tensor) -> Tensor:
        still = still_places(prior, follow_up)
        tokens = torch.full(still.shape, STILL)
        tokens[~still] = 1 + self.book.nearest(self.features(prior, follow_up, still))
        return tokens

    @torch.no_grad()
    def decode(self, prior: Tensor, tokens: Tensor, batch: int = 256) -> Tensor:
        """Follow-ups (B, 1, S, S) in [0, 1] of prior films and tokens (B, places), a few at a time."""
        pairs = zip(prior.split(batch), tokens.split(batch), strict=True)
        return torch.cat([self._drawn(films, part).clamp(0, 1) for films, part in pairs])

    def _drawn(self, prior: Tensor, tokens: Tensor) -> Tensor:
        return self.draw(prior, self.book.codes[(tokens - 1).clamp(min=0)], tokens == STILL)

    def draw(self, prior: Tensor, codes: Tensor, still: Tensor) -> Tensor:
        """Follow-ups, not clamped, of codes (B, places, dim) where places are not `still`, bool (B, places)."""
        side = (self.shape.side, self.shape.side)
        told = codes.where(~still[..., None], self.still).transpose(1, 2).unflatten(2, side)
        seen = self.prior(2 * prior - 1)
        coarse = self.coarse(torch.cat([told, self.prior_wide(seen)], 1))
        change = self.fine(self.joined(torch.cat([coarse, seen], 1))).float()
        moved = (~still).float()[:, None].unflatten(2, side)
        return prior + change * interpolate(moved, scale_factor=PLACE, mode="bilinear", align_corners=False)

    def losses(self, prior: Tensor, follow_up: Tensor) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """What is learned by, each a mean, distances as shares of the change; the features (N, dim) of places that are
        not still, and the numbers of their codes (N,)."""
        still = still_places(prior, follow_up)
        features = self.features(prior, follow_up, still)
        codes = self.book.nearest(features)
        passed, pull = self.book.passed(features, codes)
        told = features.new_zeros(*still.shape, self.shape.dim)
        told[~still] = passed
        return _shares(self.draw(prior, told, still), prior, follow_up) | {"codes": pull}, features, codes

    @property
    def drawing(self) -> list[nn.Parameter]:
        """What draws changes."""
        parts = (self.prior, self.prior_wide, self.coarse, self.joined, self.fine)
        return [self.still, *(one for part in parts for one in part.parameters())]

    def drawing_losses(self, prior: Tensor, follow_up: Tensor, tokens: Tensor) -> dict[str, Tensor]:
        """What drawing is learned by on tokens (B, places) of pairs: the change's edges beside the change."""
        made = self._drawn(prior, tokens)
        edges = [
            (made - follow_up).diff(dim=axis).abs().mean() / ((prior - follow_up).diff(dim=axis).abs().mean() + 1e-3)
            for axis in (2, 3)
        ]
        return _shares(made, prior, follow_up) | {"edges": sum(edges, torch.tensor(0.0)) / 2}


def _shares(made: Tensor, prior: Tensor, follow_up: Tensor) -> dict[str, Tensor]:
    """The share of the change that the films made miss, and that of its square."""
    change, missed = follow_up - prior, made - follow_up
    # Most pixels stay: by the absolute change alone "no change" is the best guess, and nothing leads away from it.
    return {
        "change": missed.abs().mean() / (change.abs().mean() + 1e-3),
        "square": missed.square().mean() / (change.square().mean() + 1e-4),
    }


def still_places(prior: Tensor, follow_up: Tensor) -> Tensor:
    """Where nothing changes, bool (B, places), of films (B, 1, S, S)."""
    return max_pool2d(blur(follow_up - prior, SIGMA).abs(), PLACE).flatten(1) <= LEAST

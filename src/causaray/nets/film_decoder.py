"""The decoder of edits: what findings put over a film, given the film itself."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from causaray.nets.residual_unet import ResidualUNet

FOLD = 2
"""Pixels a side that are folded into channels: the broad stroke is made at half of the editor's resolution."""
SHARP = (16, 32, 64)
"""Channels of the net of edges, from fine to coarse."""
FINISH = 16
"""Channels of the convolutions at the film's own resolution."""


class FilmDecoder(nn.Module):
    """R: a film x (B, 1, fS, fS) in [0, 1] and what is known of it -> layer and cover (B, 1, fS, fS).

    Three nets, each given what the one before made: the broad stroke of `known` (B, n, S/4, S/4), the edges of
    `place` (B, p, h, w), the coordinates of the chest, and `maps` (B, m, S, S), the fine shares of findings; and
    convolutions that see the film pixel by pixel, or the folding leaves its grid. The layer is in grey values, 0 before
    any training, and only differences of two layers of one film mean anything. The cover is in [0, 1]: how much of the
    film's fine detail is hidden. fine: f, how many times as fine as the rest of the nets the film is.
    """

    def __init__(self, known: int, place: int, maps: int, width: int, fine: int = 1) -> None:
        super().__init__()
        widths, self.fold, self.fine = (width // 2, width, width * 3 // 2, width * 2), FOLD * fine, fine
        self.net = ResidualUNet(self.fold**2 + known, 2 * self.fold**2, widths)
        last = self.net.leave[-1]
        assert isinstance(last, nn.Conv2d) and last.bias is not None
        self.sharp = ResidualUNet(3 * fine**2 + place + maps, 4 * fine**2, SHARP)
        leave = nn.Conv2d(FINISH, 2, 3, padding=1)
        assert leave.bias is not None
        # Bounded: layers of one film may grow without bound together, and SiLU made the training diverge.
        self.finish = nn.Sequential(
            nn.Conv2d(3 + 4, FINISH, 3, padding=1), nn.Tanh(),
            nn.Conv2d(FINISH, FINISH, 3, padding=1), nn.Tanh(), leave,
        )  # fmt: skip
        for layer in (last.weight[: self.fold**2], last.bias[: self.fold**2], leave.weight, leave.bias):
            nn.init.zeros_(layer)

    def forward(self, film: Tensor, known: Tensor, place: Tensor, maps: Tensor) -> tuple[Tensor, Tensor]:
        centred = 2 * film - 1
        folded = F.pixel_unshuffle(centred, self.fold)
        made = self.net(torch.cat([folded, _at(known, folded)], 1)).float()
        layer, cover = (F.pixel_shuffle(part, self.fold) for part in made.chunk(2, 1))
        seen = torch.cat([centred, layer, cover], 1)
        folded = F.pixel_unshuffle(seen, self.fine)
        edges = F.pixel_shuffle(self.sharp(torch.cat([folded, _at(place, folded), _at(maps, folded)], 1)), self.fine)
        more = self.finish(torch.cat([seen, edges], 1)).float()
        return layer + more[:, :1], (cover + more[:, 1:] - 2).sigmoid()


def _at(maps: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(maps, like.shape[-2:], mode="bilinear", align_corners=False)

"""The decoder of edits: what findings put over a film, given the film itself."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from causaray.nets.residual_unet import ResidualUNet

FOLD = 2
"""Pixels a side that are folded into channels: it works at half of the editor's resolution."""
FINISH = 16
"""Channels of the convolutions at the film's own resolution."""


class FilmDecoder(nn.Module):
    """R: a film x (B, 1, fS, fS) in [0, 1] and what is known of it (B, n, S/4, S/4) -> layer and cover (B, 1, fS, fS).

    The layer is in grey values, 0 before any training, and only differences of two layers of one film mean anything.
    The cover is in [0, 1]: how much of the film's fine detail is hidden. fine: f, how many times as fine as the rest of
    the nets the film is. Above 1 the last convolutions see the film pixel by pixel, or the folding leaves its grid.
    """

    def __init__(self, known: int, width: int, fine: int = 1) -> None:
        super().__init__()
        widths, self.fold = (width // 2, width, width * 3 // 2, width * 2), FOLD * fine
        self.net = ResidualUNet(self.fold**2 + known, 2 * self.fold**2, widths)
        last = self.net.leave[-1]
        assert isinstance(last, nn.Conv2d) and last.bias is not None
        zeroed = [last.weight[: self.fold**2], last.bias[: self.fold**2]]
        self.finish = None
        if fine > 1:
            leave = nn.Conv2d(FINISH, 2, 3, padding=1)
            assert leave.bias is not None
            self.finish = nn.Sequential(
                nn.Conv2d(3, FINISH, 3, padding=1), nn.SiLU(),
                nn.Conv2d(FINISH, FINISH, 3, padding=1), nn.SiLU(), leave,
            )  # fmt: skip
            zeroed += [leave.weight, leave.bias]
        for layer in zeroed:
            nn.init.zeros_(layer)

    def forward(self, film: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        centred = 2 * film - 1
        folded = F.pixel_unshuffle(centred, self.fold)
        known = F.interpolate(known, folded.shape[-2:], mode="bilinear", align_corners=False)
        made = self.net(torch.cat([folded, known], 1)).float()
        layer, cover = (F.pixel_shuffle(part, self.fold) for part in made.chunk(2, 1))
        if self.finish is not None:
            more = self.finish(torch.cat([centred, layer, cover], 1)).float()
            layer, cover = layer + more[:, :1], cover + more[:, 1:]
        return layer, (cover - 2).sigmoid()

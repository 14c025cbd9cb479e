"""The decoder of edits: what findings put over a film, given the film itself."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from causaray.nets.residual_unet import ResidualUNet

FOLD = 2
"""Pixels a side that are folded into channels: it works at half of the film's resolution."""


class FilmDecoder(nn.Module):
    """R: a film x (B, 1, S, S) in [0, 1] and what is known of it (B, n, S/4, S/4) -> layer and cover (B, 1, S, S).

    The layer is in grey values, 0 before any training, and only differences of two layers of one film mean anything.
    The cover is in [0, 1]: how much of the film's fine detail is hidden.
    """

    def __init__(self, known: int, width: int) -> None:
        super().__init__()
        widths = (width // 2, width, width * 3 // 2, width * 2)
        self.net = ResidualUNet(FOLD**2 + known, 2 * FOLD**2, widths)
        last = self.net.leave[-1]
        assert isinstance(last, nn.Conv2d) and last.bias is not None
        for layer in (last.weight[: FOLD**2], last.bias[: FOLD**2]):
            nn.init.zeros_(layer)

    def forward(self, film: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        folded = F.pixel_unshuffle(2 * film - 1, FOLD)
        known = F.interpolate(known, folded.shape[-2:], mode="bilinear", align_corners=False)
        made = self.net(torch.cat([folded, known], 1)).float()
        layer, cover = (F.pixel_shuffle(part, FOLD) for part in made.chunk(2, 1))
        return layer, (cover - 2).sigmoid()

"""Maps of findings made finer: where exactly a finding lies, given the film and the coordinates of the chest."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from causaray.nets.blocks import standardise
from causaray.nets.residual_unet import ResidualUNet

WIDTHS = (24, 48, 80, 112)
LEAST = 1e-3
"""Shares below it, and above 1 - LEAST, are as good as it: their logit would be without bound."""


class MapRefiner(nn.Module):
    """Q: coarse shares of m findings (B, m, p, p) -> fine ones (B, m, S, S), all in [0, 1].

    It sees the film (B, 1, fS, fS) in [0, 1], f the `fine` of the recipe, and the coordinates of its chest
    (B, place, h, w). What lies in the film is found there to the pixel; what is to come, told by `coming` (B, m) as 1,
    follows the chest. Untrained it enlarges, no more.
    """

    def __init__(self, maps: int, place: int, fine: int) -> None:
        super().__init__()
        self.fold = fine
        self.net = ResidualUNet(fine**2 + place + 2 * maps, maps, WIDTHS)
        last = self.net.leave[-1]
        assert isinstance(last, nn.Conv2d) and last.bias is not None
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, film: Tensor, place: Tensor, maps: Tensor, coming: Tensor) -> Tensor:
        folded = F.pixel_unshuffle(standardise(film), self.fold)
        size = folded.shape[-2:]
        coarse, place = (F.interpolate(x, size, mode="bilinear", align_corners=False) for x in (maps, place))
        told = coming.to(coarse)[:, :, None, None].expand_as(coarse)
        made = self.net(torch.cat([folded, place, coarse, told], 1)).float()
        return (coarse.float().clamp(LEAST, 1 - LEAST).logit() + made).sigmoid()

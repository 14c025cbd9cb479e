"""The counterfactual generator G(x, y): an image, and the class that the classifier is to see in it."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from causaray.nets.residual_unet import ResidualUNet

FOLD = 2
"""Pixels a side that are folded into channels: the U-Net works, and draws, at half the resolution."""


class CounterfactualGenerator(nn.Module):
    """Images (B, 1, S, S) in [0, 1] and target classes (B,), 0 or 1 -> images (B, 1, S, S) in [0, 1].

    One net for both directions, told the class, in place of CycleGAN's two. It gives the change of the image, which is
    nothing before the training, and holds nothing finer than two pixels. widths: channels of its U-Net, from fine to
    coarse.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.unet = ResidualUNet(FOLD**2 + 2, 1, widths, vector=1)
        last = self.unet.leave[-1]
        nn.init.zeros_(last.weight)  # type: ignore[arg-type]
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    def forward(self, images: Tensor, target: Tensor) -> Tensor:
        folded = F.pixel_unshuffle(images, FOLD)
        seen = torch.cat([folded, places(folded)], 1)
        change = self.unet(seen, 2 * target.to(images)[:, None] - 1).float()
        finer = F.interpolate(change, scale_factor=FOLD, mode="bilinear", align_corners=False)
        return (images + finer).clamp(0, 1)


def places(x: Tensor) -> Tensor:
    """The coordinates of each pixel of maps (B, C, H, W), from -1 to 1, down and to the right: (B, 2, H, W)."""
    down, right = (torch.linspace(-1, 1, n, device=x.device) for n in x.shape[-2:])
    return torch.stack(torch.meshgrid(down, right, indexing="ij")).to(x).expand(len(x), -1, -1, -1)

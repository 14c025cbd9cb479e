"""How far two images are apart: pixel by pixel, or over a region of each."""

import torch
from torch import Tensor

GREY_LEVELS = 255
LEAST_ERROR = 1e-10
"""Mean squared error at which peak signal-to-noise stops growing: equal images are 100 dB apart."""


def absolute_error(x: Tensor, y: Tensor) -> Tensor:
    """|x - y| of images in [0, 1], in grey levels of 255, at each pixel."""
    return GREY_LEVELS * (x - y).abs()


def ssim_map(x: Tensor, y: Tensor) -> Tensor:
    """Structural similarity (Wang et al. 2004; Gaussian window of 11, sigma 1.5) about each pixel of (B, 1, H, W)."""
    from torchmetrics.functional.image import structural_similarity_index_measure as similarity

    pairs = zip(x.split(64), y.split(64), strict=True)
    return torch.cat(
        [similarity(a, b, data_range=1.0, reduction="none", return_full_image=True)[1] for a, b in pairs]
    )  # fmt: skip


def over(values: Tensor, region: Tensor | None = None) -> Tensor:
    """Mean of values (B, 1, H, W) over the region, true or false at each pixel: (B,); NaN where it is empty."""
    if region is None:
        return values.mean((1, 2, 3))
    region = region.expand_as(values)
    return (values * region).sum((1, 2, 3)) / region.sum((1, 2, 3))


def l1(x: Tensor, y: Tensor, region: Tensor | None = None) -> Tensor:
    """Mean absolute difference of images (B, 1, H, W) in [0, 1], in grey levels 0 to 255: (B,)."""
    return over(absolute_error(x, y), region)


def psnr(x: Tensor, y: Tensor, region: Tensor | None = None) -> Tensor:
    """Peak signal-to-noise ratio of images (B, 1, H, W) in [0, 1], in dB, at most 100: (B,)."""
    return -10 * over((x - y).square(), region).clamp(min=LEAST_ERROR).log10()


def ssim(x: Tensor, y: Tensor, region: Tensor | None = None) -> Tensor:
    """Mean structural similarity of images (B, 1, H, W) in [0, 1]: (B,)."""
    return over(ssim_map(x, y), region)

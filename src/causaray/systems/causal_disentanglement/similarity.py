"""Structural similarity (Wang et al. 2004) as a loss: maps from local moments under a Gaussian window.

The window is applied along one axis and then the other: the backward pass of the library's full window takes half of a
training step.
"""

import torch
from torch import Tensor

from causaray.nets.guide import blur

SIGMA, C1, C2 = 1.5, 0.01**2, 0.03**2
"""Deviation of the window in pixels, and the paper's constants for images in [0, 1]."""


def ssim(x: Tensor, y: Tensor) -> Tensor:
    """SSIM at every pixel of images (B, 1, H, W) in [0, 1]: (B, 1, H, W)."""
    mean_x, mean_y, variance_x, variance_y, covariance = moments(x, y, SIGMA)
    luminance = (2 * mean_x * mean_y + C1) / (mean_x.square() + mean_y.square() + C1)
    return luminance * (2 * covariance + C2) / (variance_x + variance_y + C2)


def structure(x: Tensor, y: Tensor, sigma: float, floor: float = 0.01) -> Tensor:
    """The structure term of SSIM: local correlation of (B, 1, H, W) images under a Gaussian window.

    Blind to local brightness and contrast, which a finding changes; `floor` is the deviation below which it is noise.
    """
    _, _, variance_x, variance_y, covariance = moments(x, y, sigma)
    return (covariance + floor**2) / ((variance_x * variance_y + 1e-12).sqrt() + floor**2)


def moments(x: Tensor, y: Tensor, sigma: float) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Local means, variances and covariance of images (B, 1, H, W), each (B, 1, H, W)."""
    x, y = x.float(), y.float()
    mean_x, mean_y, xx, yy, xy = blur(torch.cat([x, y, x * x, y * y, x * y]), sigma).chunk(5)
    variances = ((xx - mean_x.square()).clamp(min=0), (yy - mean_y.square()).clamp(min=0))
    return mean_x, mean_y, *variances, xy - mean_x * mean_y

"""Films as they should not be read without a word: turned, inverted, cut, covered, or no film at all."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional as F


def _cut(x: Tensor) -> Tensor:
    half = x.shape[-1] // 2
    return F.interpolate(x[..., half:, half:], size=x.shape[-2:], mode="bilinear", align_corners=False)


def _half_black(x: Tensor) -> Tensor:
    return torch.cat([x[..., : x.shape[-1] // 2], torch.zeros_like(x[..., x.shape[-1] // 2 :])], -1)


def _one_white_lung(x: Tensor) -> Tensor:
    bright = x.clone()
    bright[..., x.shape[-1] // 2 :] = bright[..., x.shape[-1] // 2 :].clamp(min=0.8)
    return bright


def _noise(x: Tensor) -> Tensor:
    return torch.rand(x.shape, generator=torch.Generator().manual_seed(0))


DAMAGE: Mapping[str, Callable[[Tensor], Tensor]] = {
    "turned by 90 degrees": lambda x: x.rot90(1, (2, 3)),
    "turned by 180 degrees": lambda x: x.rot90(2, (2, 3)),
    "inverted": lambda x: 1 - x,
    "cut to a quarter": _cut,
    "half of it black": _half_black,
    "the left half white": _one_white_lung,
    "noise": _noise,
}
"""What is done to films (n, 1, S, S) in [0, 1]."""

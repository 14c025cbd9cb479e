"""Seven corruptions of an image at five strengths: what a classifier should bear that knows its finding.

The suite is our own, of the kinds that radiographs meet. Images are (B, C, S, S) in [0, 1], and so is what is returned.
What is drawn at random depends on the seed and on the place in the batch alone.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.errors import BadInput
from causaray.nets.guide import blur

STRENGTHS = (1, 2, 3, 4, 5)
_NOISE = (0.02, 0.04, 0.08, 0.12, 0.18)  # standard deviation, of the grey range
_BLUR = (0.008, 0.013, 0.02, 0.03, 0.04)  # standard deviation, of a side
_RESOLUTION = (0.75, 0.5, 0.35, 0.25, 0.18)  # of the pixels of a side
_CONTRAST = (0.75, 0.6, 0.45, 0.3, 0.2)  # of the distance from the mean
_BRIGHTNESS = (0.06, 0.12, 0.18, 0.25, 0.35)  # of the grey range, up or down
_CROP = (0.95, 0.9, 0.84, 0.77, 0.7)  # of a side
_COVER = (0.15, 0.22, 0.3, 0.38, 0.46)  # of a side


def corrupted(images: Tensor, kind: str, strength: int, seed: int = 0) -> Tensor:
    """The images under one of CORRUPTIONS at a strength of STRENGTHS. Raises BadInput for any other."""
    if kind not in CORRUPTIONS:
        raise BadInput(f"There is no corruption {kind}; known are {', '.join(CORRUPTIONS)}.")
    if strength not in STRENGTHS:
        raise BadInput(f"A corruption has a strength of 1 to {len(STRENGTHS)}, not {strength}.")
    rng = torch.Generator().manual_seed(seed)
    return CORRUPTIONS[kind](images, strength - 1, rng).clamp(0, 1)


def _noise(images: Tensor, level: int, rng: torch.Generator) -> Tensor:
    return images + _NOISE[level] * torch.randn(images.shape, generator=rng)


def _blurred(images: Tensor, level: int, rng: torch.Generator) -> Tensor:
    return blur(images, _BLUR[level] * images.shape[-1])


def _low_resolution(images: Tensor, level: int, rng: torch.Generator) -> Tensor:
    side = images.shape[-1]
    small = F.interpolate(images, size=max(2, round(_RESOLUTION[level] * side)), mode="bilinear", antialias=True)
    return F.interpolate(small, size=side, mode="bilinear")


def _contrast(images: Tensor, level: int, rng: torch.Generator) -> Tensor:
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + _CONTRAST[level] * (images - mean)


def _brightness(images: Tensor, level: int, rng: torch.Generator) -> Tensor:
    sign = 2.0 * torch.randint(2, (len(images), 1, 1, 1), generator=rng) - 1
    return images + sign * _BRIGHTNESS[level]


def _crop(images: Tensor, level: int, rng: torch.Generator) -> Tensor:
    """A square of each image at a place that is drawn, enlarged to the whole."""
    size = images.shape[-1]
    side = max(2, round(_CROP[level] * size))
    top, left = torch.randint(size - side + 1, (2, len(images)), generator=rng).tolist()
    cut = [images[i : i + 1, :, y : y + side, x : x + side] for i, (y, x) in enumerate(zip(top, left, strict=True))]
    return F.interpolate(torch.cat(cut), size=size, mode="bilinear")


def _cover(images: Tensor, level: int, rng: torch.Generator) -> Tensor:
    """A black square at a place that is drawn."""
    size = images.shape[-1]
    side = max(1, round(_COVER[level] * size))
    covered = images.clone()
    top, left = torch.randint(size - side + 1, (2, len(images)), generator=rng).tolist()
    for i, (y, x) in enumerate(zip(top, left, strict=True)):
        covered[i, :, y : y + side, x : x + side] = 0
    return covered


CORRUPTIONS: dict[str, Callable[[Tensor, int, torch.Generator], Tensor]] = {
    "noise": _noise,
    "blur": _blurred,
    "low_resolution": _low_resolution,
    "contrast": _contrast,
    "brightness": _brightness,
    "crop": _crop,
    "cover": _cover,
}

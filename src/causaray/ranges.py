"""The ranges of grey values that other libraries hold images in, by name: into them and out of them, never guessed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from causaray.errors import BadInput

if TYPE_CHECKING:
    from torch import Tensor

Images = TypeVar("Images", np.ndarray, "Tensor")
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the photographs of ImageNet, by colour."""
DARK = 0.2
"""Radiographs hold something black: images of which nothing is in this lowest part of a range are of another range."""
SLACK = 1e-3
"""Of a range, by which rounding and interpolation may leave it."""
GREY = 0.02
"""By which the colours of a grey image may differ."""


@dataclass(frozen=True)
class Range:
    """Black and white of each colour: one pair for grey images, three pairs where colours are standardised apart."""

    black: tuple[float, ...]
    white: tuple[float, ...]
    of: str


def _standardised() -> Range:
    pairs = list(zip(MEAN, DEVIATION, strict=True))
    return Range(tuple(-m / d for m, d in pairs), tuple((1 - m) / d for m, d in pairs), "ImageNet's mean and deviation")


RANGES = {
    "unit": Range((0.0,), (1.0,), "[0, 1], as Causaray and torchvision's ToTensor have it"),
    "monai": Range((0.0,), (1.0,), "[0, 1], as MONAI's ScaleIntensity makes it"),
    "uint8": Range((0.0,), (255.0,), "[0, 255], as image files have it"),
    "signed": Range((-1.0,), (1.0,), "[-1, 1], as diffusers and MONAI's generative models have it"),
    "torchxrayvision": Range((-1024.0,), (1024.0,), "[-1024, 1024], as torchxrayvision's normalize makes it"),
    "imagenet": _standardised(),
}
"""By name. All are taken with bone bright; what is dark in bone has to be inverted first."""


def to_range(images: Images, name: str, channels: int = 1) -> Images:
    """Images (..., 1, H, W) in [0, 1] in a range of RANGES: (..., channels, H, W), an array or a tensor as they came.

    `channels` is 1 or 3: grey images in three equal colours, or, of "imagenet", each standardised by its own. One
    channel of "imagenet" is the mean of the three. Raises BadInput for an unknown name, and images not in [0, 1].
    """
    black, white = _ends(named(name), channels)
    _check(images, "unit")
    return _like(black, images) + images * _like(white - black, images)


def from_range(images: Images, name: str) -> Images:
    """Images (..., C, H, W) of a range of RANGES as (..., 1, H, W) in [0, 1], an array or a tensor as they came.

    C is 1, or 3 equal colours. Nothing is rescaled to fit: raises BadInput for values outside the range, for images
    that hold nothing dark in it (they are of another, which the sentence names where one fits), and for colours.
    """
    _check(images, name)
    black, white = _ends(named(name), images.shape[-3])
    grey = (images - _like(black, images)) / _like(white - black, images)
    first = grey[..., :1, :, :]
    if float(abs(grey - first).max()) > GREY:
        raise BadInput("The images are in colour, where grey ones, of one channel or three equal ones, were expected.")
    return first.clip(0, 1)


def named(name: str) -> Range:
    """The range of a name. Raises BadInput where there is none."""
    if name not in RANGES:
        raise BadInput(f"There is no range {str(name)[:40]}; known are {', '.join(RANGES)}.")
    return RANGES[name]


def _ends(of: Range, channels: int) -> tuple[np.ndarray, np.ndarray]:
    """Black and white of each channel, (channels, 1, 1)."""
    if channels not in (1, 3):
        raise BadInput(f"The images have {channels} channels before their sides, where 1 or 3 were expected.")
    black, white = np.array(of.black), np.array(of.white)
    if channels == 1:
        black, white = black.mean(keepdims=True), white.mean(keepdims=True)
    return tuple(np.broadcast_to(end, channels)[:, None, None] for end in (black, white))  # type: ignore[return-value]


def _check(images: "np.ndarray | Tensor", name: str) -> None:
    if images.ndim < 3 or 0 in images.shape:
        raise BadInput(f"Images (..., C, H, W) were expected, these are {tuple(images.shape)}.")
    values = images if isinstance(images, np.ndarray) else images.detach()
    low, high = float(values.min()), float(values.max())
    if _fits(low, high, images.shape[-3], name):
        return
    fitting = [other for other in RANGES if _fits(low, high, images.shape[-3], other)]
    advice = f"they look like {' or '.join(fitting)}" if fitting else f"known ranges are {', '.join(RANGES)}"
    raise BadInput(f"The images go from {low:g} to {high:g}, which is not {name}, {named(name).of}; {advice}.")


def _fits(low: float, high: float, channels: int, name: str) -> bool:
    black, white = _ends(named(name), channels)
    floor, ceiling = float(black.min()), float(white.max())
    span = ceiling - floor
    inside = floor - SLACK * span <= low and high <= ceiling + SLACK * span  # false of NaN, too
    return inside and (low <= floor + DARK * span or name in ("unit", "monai")) and high > _nothing(name)


def _nothing(name: str) -> float:
    """Images of whole numbers are brighter than this somewhere: 1 at most is what fractions are."""
    return 1.0 if name == "uint8" else -np.inf


def _like(ends: np.ndarray, images: Images) -> Images:
    if isinstance(images, np.ndarray):
        return ends.astype(np.float32)
    import torch

    return torch.from_numpy(ends.astype(np.float32)).to(images.device)

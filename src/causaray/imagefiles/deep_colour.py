"""Colour, or grey with transparency, in 16 bits a channel: Pillow keeps the upper byte, so the lower is read anew."""

import sys
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile

_GREY_ALPHA = "LA;16B"
"""What Pillow calls the data of such a PNG: of each pixel four bytes, two of grey."""
_COLOUR = ("RGB;16", "RGBX;16", "RGBA;16")
_OTHER = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
"""The order of two bytes, big, little or native, in which the lower is taken for the upper."""


def is_deep(image: ImageFile.ImageFile) -> bool:
    """Whether an open image, of which no pixel was asked for yet, has more than one channel of 16 bits."""
    return _data(image) == _GREY_ALPHA or _data(image)[:-1] in _COLOUR


def deep_channels(image: ImageFile.ImageFile, file: BinaryIO) -> np.ndarray:
    """The channels, without transparency, of an image for which `is_deep` is true: uint16 (H, W, 1) or (H, W, 3).

    `file` is what the image was opened from; what the image says of its orientation has been done where Pillow does it.
    """
    data = _data(image)
    if data == _GREY_ALPHA:
        both = np.asarray(_decoded_as(file, "RGBA"))
        upper, lower = both[..., :1], both[..., 1:2]
    else:
        upper, lower = (np.asarray(one)[..., :3] for one in (image, _decoded_as(file, data[:-1] + _OTHER[data[-1]])))
    words = upper.astype(np.uint16)
    words <<= 8
    words |= lower
    return words


def _data(image: ImageFile.ImageFile) -> str:
    """What Pillow calls the data of an image that it has not decoded yet."""
    how = image.tile[0][3]
    return str(how if isinstance(how, str) else how[0])  # type: ignore[index]


def _decoded_as(file: BinaryIO, data: str) -> ImageFile.ImageFile:
    """The image in a file, its data taken for what it is not."""
    file.seek(0)
    image = Image.open(file)
    image.tile = [
        (codec, box, at, data if isinstance(how, str) else (data, *how[1:]))  # type: ignore[misc, index]
        for codec, box, at, how in image.tile
    ]
    image.load()
    return image

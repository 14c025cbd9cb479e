"""PNG, JPEG and TIFF in, PNG out."""

import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from causaray.errors import BadInput
from causaray.imagefiles.deep_colour import deep_channels, is_deep
from causaray.imagefiles.geometry import UPRIGHT, upright
from causaray.imagefiles.grey import grey_from_colour
from causaray.imagefiles.grey_range import count, picture_range, stretched_image
from causaray.imagefiles.limits import check_size, too_large
from causaray.imagefiles.tiff_kind import kind_in, kind_of, misread, white_is_zero
from causaray.scan import UNNAMED, Scan
from causaray.writing import whole_file

FORMATS = ("PNG", "JPEG", "TIFF")
DEEPEST = 2**16 - 1
"""The largest value of an image of whole numbers."""
COMPRESSION = 4
"""Of PNG: films become as small as with the usual 6, in less than half the time."""
_PNG_DTYPES = {8: np.uint8, 16: np.uint16}
_ORIENTATIONS = {2: "R\\F", 3: "R\\H", 4: "L\\H", 5: "F\\L", 6: "F\\R", 7: "H\\R", 8: "H\\L"}
"""EXIF's orientation -> where the rows and the columns of the stored image run to."""


def read_raster(file: BinaryIO, source: Path | None) -> Scan:
    """Read a single grey PNG, JPEG or TIFF image; `source` is the file's name, where it has one.

    8-bit values are divided by 255. Of 16-bit values the `grey_range.picture_range` is stretched, as detectors of 12
    bits are often exported unscaled, and letters are brighter still. Floating-point TIFF is taken as it is. Grey stored
    as RGB, RGBA or through a palette is accepted, and the image is turned as its orientation tag (EXIF) says;
    transparency and resolution tags are ignored.

    Raises:
        BadInput: the file is damaged, too large, in colour, of several pages, a TIFF of a kind that is not read, or
            breaks the pixel contract of Scan.
    """
    name = source or UNNAMED
    try:
        with warnings.catch_warnings(action="ignore"):
            pixels = _pixels(file, name)
    except (BadInput, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise too_large(name) from error
    except Exception as error:  # Pillow meets damage with many exceptions
        raise BadInput(f"{name} is cut short or damaged, where a whole PNG, JPEG or TIFF was expected.") from error
    return Scan(pixels, source=source)


def write_png(scan: Scan, path: str | Path, bits: int = 8) -> None:
    """Write the pixels as a grey PNG of 8 or 16 bits, white being 1.0.

    Raises:
        BadInput: `bits` is neither 8 nor 16, or the file cannot be written.
    """
    if bits not in _PNG_DTYPES:
        raise BadInput(f"A PNG of {bits} bits was asked for, where 8 or 16 can be written.")
    stored = np.rint(scan.pixels * np.float32(2**bits - 1)).astype(_PNG_DTYPES[bits])
    with whole_file(path) as beside:
        Image.fromarray(stored).save(beside, format="PNG", compress_level=COMPRESSION)


def _pixels(file: BinaryIO, name: object) -> np.ndarray:
    """float32 (H, W), upright."""
    with _opened(file, name) as image:
        if (pages := getattr(image, "n_frames", 1)) > 1:
            raise BadInput(f"{name} holds {pages} pages, where a single image was expected.")
        check_size(*image.size, name)
        tags = getattr(image, "tag_v2", {})
        if misread(tags):
            raise _not_read(kind_of(tags), name)
        negative = white_is_zero(tags)
        channels = deep_channels(image, file) if is_deep(image) else None
        image.load()
        pixels = _grey(image, negative, name) if channels is None else _grey_of_deep(channels, name)
        return upright(pixels, _orientation(image))


def _opened(file: BinaryIO, name: object) -> ImageFile.ImageFile:
    """The image, not decoded yet. Raises BadInput for a TIFF of a kind that Pillow does not know."""
    try:
        return Image.open(file, formats=FORMATS)
    except (UnidentifiedImageError, KeyError):
        if kind := kind_in(file):
            raise _not_read(kind, name) from None
        raise


def _not_read(kind: str, name: object) -> BadInput:
    return BadInput(f"{name} is a TIFF of {kind}, which is not read; save it as PNG, or as grey of 16 bits.")


def _orientation(image: Image.Image) -> str:
    """By the tag of an image that is decoded: Pillow has turned a TIFF then, and taken the tag away."""
    try:
        return _ORIENTATIONS.get(image.getexif().get(ExifTags.Base.Orientation, 1), UPRIGHT)
    except Exception:  # of damaged EXIF, which tells nothing
        return UPRIGHT


def _grey(image: Image.Image, negative: bool, name: object) -> np.ndarray:
    """float32 (H, W) of an image of one channel, or of more in 8 bits; a `negative` is one that Pillow did not turn."""
    if image.mode in ("1", "L", "LA"):
        return np.asarray(image.convert("L"), dtype=np.float32) / 255
    if image.mode == "F" or image.mode.startswith("I"):
        values = np.asarray(image)
        unit = values if image.mode == "F" else _stretched(values, name)
        return 1 - unit if negative else unit
    return grey_from_colour(np.asarray(image.convert("RGB")), 255, name)


def _stretched(values: np.ndarray, name: object) -> np.ndarray:
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > DEEPEST:
        raise BadInput(f"{name} holds values from {low} to {high}, where 0 to {DEEPEST} was expected.")
    return stretched_image(values)


def _grey_of_deep(channels: np.ndarray, name: object) -> np.ndarray:
    """float32 (H, W) of uint16 (H, W, 1) or (H, W, 3). Raises BadInput where they are not grey."""
    if channels.shape[2] == 1:
        return stretched_image(channels[..., 0])
    counts = np.sum([count(channels[..., i], DEEPEST + 1) for i in range(3)], axis=0)
    white = max(picture_range(np.arange(DEEPEST + 1), counts)[1], 1.0)
    grey = grey_from_colour(channels, white, name)
    return stretched_image(np.rint(grey * np.float32(white)).astype(np.uint16))

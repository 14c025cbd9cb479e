"""PNG, JPEG and TIFF in, PNG out."""

import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, TiffImagePlugin

from causaray.errors import BadInput
from causaray.imagefiles.grey import grey_from_colour
from causaray.imagefiles.limits import check_size, too_large
from causaray.scan import UNNAMED, Scan
from causaray.writing import whole_file

FORMATS = ("PNG", "JPEG", "TIFF")
DEPTHS = (8, 10, 12, 14, 16)
_PHOTOMETRIC_INTERPRETATION = 262
_PNG_DTYPES = {8: np.uint8, 16: np.uint16}


def read_raster(file: BinaryIO, source: Path | None) -> Scan:
    """Read a single grey PNG, JPEG or TIFF image; `source` is the file's name, where it has one.

    8-bit values are divided by 255. Values stored in 16 bits are divided by the full scale of the smallest of 8, 10,
    12, 14 or 16 bits that holds the brightest, because 12-bit detectors are often exported into 16-bit files unscaled.
    Floating-point TIFF is taken as it is. Grey stored as RGB, RGBA or through a palette is accepted; transparency,
    EXIF (its rotation too) and resolution tags are ignored.

    Raises:
        BadInput: the file is damaged, too large, in colour, of several pages, or breaks the pixel contract of Scan.
    """
    name = source or UNNAMED
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(file, formats=FORMATS) as image:
            if (pages := getattr(image, "n_frames", 1)) > 1:
                raise BadInput(f"{name} holds {pages} pages, where a single image was expected.")
            check_size(*image.size, name)
            image.load()
            pixels = _grey(image, name)
    except Image.DecompressionBombError as error:
        raise too_large(name) from error
    except (OSError, SyntaxError, ValueError) as error:
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
        Image.fromarray(stored).save(beside, format="PNG")


def _grey(image: Image.Image, name: object) -> np.ndarray:
    if image.mode in ("1", "L", "LA"):
        return np.asarray(image.convert("L"), dtype=np.float32) / 255
    if image.mode == "F":
        return np.asarray(image)
    if image.mode.startswith("I"):
        unit = _scaled(np.asarray(image), name)
        return 1 - unit if _white_is_zero(image) else unit
    return grey_from_colour(np.asarray(image.convert("RGB")), 255, name)


def _scaled(values: np.ndarray, name: object) -> np.ndarray:
    low, high = int(values.min()), int(values.max())
    full_scale = next((2**bits - 1 for bits in DEPTHS if high < 2**bits), None)
    if low < 0 or full_scale is None:
        raise BadInput(f"{name} holds values from {low} to {high}, where 0 to 65535 was expected.")
    return values.astype(np.float32) / np.float32(full_scale)


def _white_is_zero(image: Image.Image) -> bool:
    """Pillow inverts such TIFFs itself at 8 bits, but not at 16."""
    return isinstance(image, TiffImagePlugin.TiffImageFile) and image.tag_v2.get(_PHOTOMETRIC_INTERPRETATION) == 0

"""Radiographs side by side as one PNG, for people to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from causaray.imagefiles.dicom.burn_in import burn_in
from causaray.imagefiles.raster import COMPRESSION
from causaray.imagefiles.synthetic_metadata import png_metadata
from causaray.writing import whole_file

SIDE = 384  # of a panel in pixels
BRIGHTER, DARKER, SAME = np.array([[1.0, 0.35, 0.05], [0.05, 0.5, 1.0], [0.5, 0.5, 0.5]], dtype=np.float32)
_CAPTION, _MARGIN = 24, 6


@dataclass(frozen=True, eq=False)
class Panel:
    """One square picture of a grid: grey (S, S) or colour (S, S, 3) in [0, 1], words above it, a mark burned in."""

    pixels: np.ndarray
    caption: str
    mark: str = ""


def write_grid(rows: Sequence[Sequence[Panel]], path: str | Path) -> None:
    """Write the panels, each enlarged to 384 pixels, as one PNG; rows may be of unequal length.

    Raises:
        BadInput: the file cannot be written.
    """
    with whole_file(path) as beside:
        beside.write_bytes(grid_png(rows))


def grid_png(rows: Sequence[Sequence[Panel]]) -> bytes:
    """What `write_grid` writes."""
    width, height = SIDE + _MARGIN, SIDE + _CAPTION
    sheet = Image.new("RGB", (width * max(map(len, rows)) - _MARGIN, height * len(rows)))
    for i, row in enumerate(rows):
        for j, panel in enumerate(row):
            picture = _picture([_enlarged(channel) for channel in _channels(panel)], panel.mark)
            sheet.paste(_caption(panel.caption), (j * width, i * height))
            sheet.paste(picture, (j * width, i * height + _CAPTION))
    return _png(sheet, any(panel.mark for row in rows for panel in row))


def panel_png(panel: Panel) -> bytes:
    """The picture of one panel as a PNG: as many pixels as it has, its mark burned in, no caption."""
    return _png(_picture(_channels(panel), panel.mark), bool(panel.mark))


def film_png(pixels: np.ndarray, mark: str) -> bytes:
    """Grey pixels (H, W) in [0, 1] as an 8-bit grey PNG of as many pixels, the mark burned in."""
    return _png(Image.fromarray(np.rint(burn_in(pixels, mark) * 255).astype(np.uint8)), bool(mark))


def difference_png(change: np.ndarray, limit: float) -> bytes:
    """A change (H, W) of grey values, as an 8-bit colour PNG of as many pixels, in 511 colours of `diverging`."""
    colours = np.rint(diverging(np.linspace(-1, 1, 511), 1.0) * 255).astype(np.uint8)
    return _png(Image.fromarray(colours[np.rint(255 + 255 * (change / limit).clip(-1, 1)).astype(np.intp)]))


def change_png(change: np.ndarray, limit: float) -> bytes:
    """A change (H, W) in [-limit, limit] as an 8-bit grey PNG: 128 is none, and 1 and 255 are the limit either way."""
    return _png(Image.fromarray(np.rint(128 + 127 * (change / limit).clip(-1, 1)).astype(np.uint8)))


def diverging(change: np.ndarray, limit: float) -> np.ndarray:
    """(H, W) in [-limit, limit] as colours (H, W, 3): blue is darker, mid-grey the same, orange brighter."""
    share = (np.abs(change) / limit).clip(0, 1)[..., None]
    toward = np.where(change[..., None] > 0, BRIGHTER, DARKER)
    return SAME + share * (toward - SAME)


def _channels(panel: Panel) -> list[np.ndarray]:
    return list(np.moveaxis(np.atleast_3d(panel.pixels).astype(np.float32), 2, 0))


def _picture(channels: list[np.ndarray], mark: str) -> Image.Image:
    if mark:
        channels = [burn_in(channel, mark) for channel in channels]
    colour = np.stack(channels * (3 // len(channels)), axis=2)
    return Image.fromarray(np.rint(colour * 255).astype(np.uint8))


def _png(image: Image.Image, synthetic: bool = False) -> bytes:
    """The file of an image; of a synthetic one its metadata says so."""
    encoded = BytesIO()
    image.save(encoded, "PNG", pnginfo=png_metadata() if synthetic else None, compress_level=COMPRESSION)
    return encoded.getvalue()


def _enlarged(channel: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(channel).resize((SIDE, SIDE), Image.Resampling.BICUBIC)).clip(0, 1)


def _caption(text: str) -> Image.Image:
    font = ImageFont.load_default(15)
    while font.getlength(text) > SIDE - 2 * _MARGIN:
        text = text.rstrip("…")[:-1] + "…"
    strip = Image.new("RGB", (SIDE, _CAPTION))
    ImageDraw.Draw(strip).text((_MARGIN, 3), text, fill="white", font=font)
    return strip

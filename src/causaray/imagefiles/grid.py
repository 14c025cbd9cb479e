"""Radiographs side by side as one PNG, for people to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from causaray.imagefiles.burn_in import burn_in
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
    width, height = SIDE + _MARGIN, SIDE + _CAPTION
    sheet = Image.new("RGB", (width * max(map(len, rows)) - _MARGIN, height * len(rows)))
    for i, row in enumerate(rows):
        for j, panel in enumerate(row):
            sheet.paste(_caption(panel.caption), (j * width, i * height))
            sheet.paste(_picture(panel), (j * width, i * height + _CAPTION))
    with whole_file(path) as beside:
        sheet.save(beside, format="PNG")


def diverging(change: np.ndarray, limit: float) -> np.ndarray:
    """(H, W) in [-limit, limit] as colours (H, W, 3): blue is darker, mid-grey the same, orange brighter."""
    share = (np.abs(change) / limit).clip(0, 1)[..., None]
    toward = np.where(change[..., None] > 0, BRIGHTER, DARKER)
    return SAME + share * (toward - SAME)


def _picture(panel: Panel) -> Image.Image:
    channels = np.moveaxis(np.atleast_3d(panel.pixels).astype(np.float32), 2, 0)
    large = [_enlarged(channel) for channel in channels]
    if panel.mark:
        large = [burn_in(channel, panel.mark) for channel in large]
    colour = np.stack(large * (3 // len(large)), axis=2)
    return Image.fromarray(np.rint(colour * 255).astype(np.uint8))


def _enlarged(channel: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(channel).resize((SIDE, SIDE), Image.Resampling.BICUBIC)).clip(0, 1)


def _caption(text: str) -> Image.Image:
    font = ImageFont.load_default(15)
    while font.getlength(text) > SIDE - 2 * _MARGIN:
        text = text.rstrip("…")[:-1] + "…"
    strip = Image.new("RGB", (SIDE, _CAPTION))
    ImageDraw.Draw(strip).text((_MARGIN, 3), text, fill="white", font=font)
    return strip

"""A film with the outlines of its organs over it, the cardiothoracic lines, and the figures beside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from textwrap import wrap

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import binary_dilation
from torch import Tensor

from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.reader import Reading
from causaray.anatomy.signs import SIDES, ZONES, Signs
from causaray.app.lesions import Seen
from causaray.imagefiles.contours import outline
from causaray.scan import Scan

SIDE, BESIDE, ABOVE, MARGIN = 768, 400, 34, 14
"""In pixels: the film's side, the width of the figures beside it, the height of the caption, and the margin."""
COLOURS: dict[str, tuple[int, int, int]] = {
    "right lung": (72, 202, 228),
    "left lung": (255, 183, 77),
    "heart and mediastinum": (255, 92, 92),
    "ribs": (150, 190, 110),
    "clavicles": (200, 150, 255),
}
LESIONS: tuple[tuple[int, int, int], ...] = (
    (255, 238, 88), (255, 64, 200), (64, 255, 128), (160, 128, 255), (255, 140, 0), (0, 200, 255),
)  # fmt: skip
"""Colours of the outlines of findings; what fills less than the six largest is told in the record alone."""
COLUMNS = (MARGIN, 260, 330)
"""Where beside the film words, the right side's figures and the left side's begin."""
ABOUT = (
    "Lengths are shares of the inner width of the thorax, areas of its square; opacity is 0 as the clearest lung and 1 "
    "as soft tissue. Not a medical device."
)
Colour = tuple[int, int, int]
_WHITE, _SOFT = (232, 235, 239), (170, 180, 192)


def outlined_png(scan: Scan, reading: Reading, signs: Signs | None, note: str | None, seen: Seen | None) -> bytes:
    """A PNG of a scan with what was read of it (film 0), its signs, or the sentence why there are none.

    seen: findings whose outlines are drawn, too.
    """
    sheet = Image.new("RGB", (SIDE + BESIDE, SIDE + ABOVE))
    film = Image.fromarray(_film(scan, reading.place.rows([0]) if signs else None))
    for colour, share in zip(LESIONS, seen.maps.values() if seen else (), strict=False):
        line = binary_dilation(outline(_enlarged(share[None, None])))  # three pixels wide
        film.paste(colour, mask=Image.fromarray(line))
    if signs:
        _draw_widths(film, reading.place.rows([0]))
    sheet.paste(film, (0, ABOVE))
    caption = "Outlines that anatomy-128 reads" if signs else "The film, which is not read"
    pen = ImageDraw.Draw(sheet)
    pen.text(
        (MARGIN, 8), f"{caption} (doubt {float(reading.doubt[0]):.2f}, limit {reading.limit:.2f})", _WHITE, _font(16)
    )
    _write(pen, [*_rows(signs, note), *_seen(seen)])
    encoded = BytesIO()
    sheet.save(encoded, "PNG")
    return encoded.getvalue()


def _film(scan: Scan, place: Coordinates | None) -> np.ndarray:
    """The film letterboxed, uint8 (SIDE, SIDE, 3), with the outlines of the organs."""
    grey = np.rint(scan.square(SIDE).pixels * 255).astype(np.uint8)
    picture = np.repeat(grey[..., None], 3, axis=2)
    if place is not None:
        masks = (place.ribs, place.clavicles, place.silhouette, place.right, place.left)
        for name, mask in zip(
            ("ribs", "clavicles", "heart and mediastinum", "right lung", "left lung"), masks, strict=True
        ):
            picture[outline(_enlarged(mask))] = COLOURS[name]
    return picture


def _enlarged(mask: Tensor) -> np.ndarray:
    """A mask (1, 1, S, S) in [0, 1] as boolean (SIDE, SIDE)."""
    large = torch.nn.functional.interpolate(mask, size=(SIDE, SIDE), mode="bicubic", align_corners=False)
    return (large[0, 0] > 0.5).numpy()


def _draw_widths(film: Image.Image, place: Coordinates) -> None:
    """The two lines whose ratio is the cardiothoracic ratio, each at the height where it is widest."""
    low = (place.depth_in_lung > 0.4) & (place.below < 0.02)
    pen = ImageDraw.Draw(film)
    for mask, colour in ((place.silhouette * low, COLOURS["heart and mediastinum"]), (place.lungs, _WHITE)):
        inside = _enlarged(mask)
        columns = np.flatnonzero(inside.sum(0) >= 3 * SIDE // mask.shape[-1])
        if not len(columns):
            continue
        first, last = int(columns[0]), int(columns[-1])
        row = int(inside.sum(1).argmax())
        pen.line([(first, row), (last, row)], colour, 2)
        for column in (first, last):
            pen.line([(column, row - 9), (column, row + 9)], colour, 2)


def _rows(signs: Signs | None, note: str | None) -> Iterator[tuple[list[str], Colour]]:
    """What is written beside the film, row by row: words and up to two figures, and their colour."""
    if signs is None:
        yield from (([line], _WHITE) for line in wrap(note or "", 44))
        return
    yield from (([f"outline of {name}"], colour) for name, colour in COLOURS.items())
    yield [], _SOFT
    yield ["cardiothoracic ratio", _told(signs.cardiothoracic_ratio)], COLOURS["heart and mediastinum"]
    yield ["  (the red line over the white one)"], _SOFT
    yield [], _SOFT
    yield ["of the patient", *SIDES], _SOFT
    yield from ((row, _WHITE) for row in _by_side(signs))
    yield [], _SOFT
    yield from (([line], _SOFT) for line in wrap(ABOUT, 46))


def _seen(seen: Seen | None) -> Iterator[tuple[list[str], Colour]]:
    """The findings that are outlined, and how much of each lung they fill."""
    if seen is None:
        return
    yield [], _SOFT
    told = f"seen by {seen.weights}, share of a lung" if seen.maps else f"{seen.weights} sees no finding"
    yield [told, *(SIDES if seen.maps else ())], _SOFT
    for colour, name in zip(LESIONS, seen.maps, strict=False):
        yield [name.lower(), *(_told(seen.areas[name][side]) for side in SIDES)], colour


def _by_side(signs: Signs) -> Iterator[list[str]]:
    for name, pair in (
        ("area of the lung", signs.lung_area),
        ("height of the lung", signs.dome_height),
        ("blunting of the outer angle", signs.angle_blunting),
        ("lucent without markings", signs.lucency),
    ):
        yield [name, *map(_told, pair or (None, None))]
    for i, zone in enumerate(ZONES):
        yield [f"opacity, {zone} zone", *(_told(lung[i]) for lung in signs.opacity or ())]


def _told(value: float | None) -> str:
    return "unknown" if value is None or value != value else f"{value:.2f}"


def _write(pen: ImageDraw.ImageDraw, rows: Iterable[tuple[list[str], Colour]]) -> None:
    for number, (cells, colour) in enumerate(rows):
        for cell, across in zip(cells, COLUMNS, strict=False):
            pen.text((SIDE + across, ABOVE + MARGIN + 24 * number), cell, colour, _font(16))


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)

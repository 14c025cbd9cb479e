"""Scan: one radiograph whose pixels mean one thing everywhere in the program."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from causaray.errors import BadInput

if TYPE_CHECKING:
    from pydicom import Dataset

SMALLEST_SIDE = 32
UNNAMED = "The image"
"""What a sentence calls an image that came from no file."""
LATERAL = "LL"
"""What the view of any lateral film is called."""


@dataclass(frozen=True, eq=False)
class Scan:
    """One radiograph. Its pixel contract is checked here, so nothing further in asks which range this is.

    Attributes:
        pixels: float32 (H, W) in [0, 1], bone bright, air dark; both sides at least 32, not all one value.
            Any real dtype is accepted and converted.
        spacing: millimetres between pixel centres, (down the rows, along a row), or None.
        view: "PA", "AP", "LL" (any lateral) or None.
        patient: the patient's id as the source gives it, or None. Never printed.
        source: the file it came from, or None.
        header: the DICOM data set of the source without its pixel data, or None. Never printed.
        turned: where rows and columns of the source ran to by its header, such as "R\\F" (the patient's right, feet),
            when the pixels were turned from there to L\\F; None where they are as stored.

    Raises:
        BadInput: the pixels break the contract.
    """

    pixels: np.ndarray = field(repr=False)
    spacing: tuple[float, float] | None = None
    view: str | None = None
    patient: str | None = field(default=None, repr=False)
    source: Path | None = None
    header: Dataset | None = field(default=None, repr=False)
    turned: str | None = None

    def __post_init__(self) -> None:
        pixels = np.asarray(self.pixels, dtype=np.float32)
        if fault := _fault(pixels):
            raise BadInput(f"{self.source or UNNAMED} {fault}.")
        object.__setattr__(self, "pixels", pixels)

    def square(self, size: int) -> Scan:
        """This scan letterboxed to (size, size).

        The aspect is kept, the longer side fills the square, the rest is a black border shared evenly; shrinking is
        anti-aliased, and the spacing is that of the new pixels.

        Raises:
            BadInput: `size` is below 32 pixels.
        """
        height, width = self.pixels.shape
        (rows, columns), (top, left) = letterbox(height, width, size)
        canvas = np.zeros((size, size), dtype=np.float32)
        canvas[top : top + rows, left : left + columns] = resized(self.pixels, rows, columns)
        spacing = self.spacing and (self.spacing[0] * height / rows, self.spacing[1] * width / columns)
        return replace(self, pixels=canvas, spacing=spacing)


def letterbox(height: int, width: int, size: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns that an image takes in a square of `size` pixels, and the row and column at which it begins."""
    rows, columns = (max(1, round(side * size / max(height, width))) for side in (height, width))
    return (rows, columns), ((size - rows) // 2, (size - columns) // 2)


def resized(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Pixels in [0, 1] with other sides: bicubic, the filter widened when shrinking, overshoot cut back to [0, 1]."""
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)).clip(0, 1)


def _fault(pixels: np.ndarray) -> str | None:
    """What is wrong with the pixels, to follow the name of the file, or None."""
    if pixels.ndim != 2:
        return f"has {pixels.ndim} dimensions, where one grey image (rows, columns) was expected"
    if min(pixels.shape) < SMALLEST_SIDE:
        height, width = pixels.shape
        return f"is {width} x {height} pixels, where at least {SMALLEST_SIDE} on each side are needed"
    low, high = float(pixels.min()), float(pixels.max())
    if not np.isfinite(low + high):
        return "holds NaN or infinite pixels, where finite values were expected"
    if low < 0 or high > 1:
        return f"holds pixels from {low:g} to {high:g}, where values in [0, 1] were expected"
    if low == high:
        return "is all one value (blank), where a radiograph was expected"
    return None

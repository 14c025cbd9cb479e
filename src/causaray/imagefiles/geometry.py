"""How the pixels of a DICOM film lie: upright, with the patient's left on the right of the picture, and square."""

import numpy as np
from pydicom import Dataset

from causaray.imagefiles.decimals import decimals
from causaray.imagefiles.limits import check_size
from causaray.scan import resized

Spacing = tuple[float, float]
"""Down the rows, along a row."""
UPRIGHT, MIRRORED = "L\\F", "R\\F"
"""Where the rows and where the columns run to: the patient's left or right, and feet."""
SQUARE = 0.01
"""Sides of a pixel that differ by less than this share are equal."""
MOST_UNEQUAL = 4
"""No detector and no scanner has pixels so many times as long as wide; who says so is not believed."""
_SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")


def stored_orientation(header: Dataset) -> str | None:
    r"""Where rows and columns of a frontal film run to, such as "R\F", or None where this is L\F or not said.

    PatientOrientation says so; where it is empty a horizontal flip of the field of view means R\F.
    """
    said = [str(direction)[:1].upper() for direction in header.get("PatientOrientation") or ()]
    if any(said):
        sides, ends = {*said} & {"L", "R"}, {*said} & {"H", "F"}
        orientation = "\\".join(said) if len(said) == 2 and sides and ends else None
    else:
        orientation = MIRRORED if header.get("FieldOfViewHorizontalFlip") == "YES" else None
    return None if orientation == UPRIGHT else orientation


def upright(pixels: np.ndarray, orientation: str) -> np.ndarray:
    r"""Pixels (H, W), or (W, H) where rows run to head or feet, turned from an orientation to L\F."""
    row, column = orientation.split("\\")
    if row in ("H", "F"):
        pixels, row, column = pixels.T, column, row
    pixels = pixels[:, ::-1] if row == "R" else pixels
    return np.ascontiguousarray(pixels[::-1] if column == "H" else pixels)


def spacing_of(header: Dataset) -> Spacing | None:
    """Millimetres between pixels: in the patient where calibrated, else at the detector, else of the scanned film."""
    return next(filter(None, (_two(header, keyword) for keyword in _SPACINGS)), None)


def laid_out(pixels: np.ndarray, header: Dataset, name: object) -> tuple[np.ndarray, Spacing | None, str | None]:
    """Stored pixels (H, W) in [0, 1] upright and square, their spacing, and the orientation they were turned from.

    They are as fine as the finer side of those stored. How long the sides are is told by the spacing, else by
    PixelAspectRatio. Raises BadInput where the picture would be larger than any radiograph.
    """
    spacing, orientation = spacing_of(header), stored_orientation(header)
    down, along = spacing or _two(header, "PixelAspectRatio") or (1.0, 1.0)
    finest = min(down, along)
    if max(down, along) > (1 + SQUARE) * finest:
        rows, columns = round(pixels.shape[0] * down / finest), round(pixels.shape[1] * along / finest)
        check_size(columns, rows, name)
        pixels, spacing = resized(pixels, rows, columns), spacing and (finest, finest)
    return (upright(pixels, orientation) if orientation else pixels), spacing, orientation


def _two(header: Dataset, keyword: str) -> Spacing | None:
    """Two lengths of at most `MOST_UNEQUAL` ratio, or None where the header has none."""
    sides = decimals(header, keyword)
    if len(sides) != 2 or not 0 < min(sides) <= max(sides) <= MOST_UNEQUAL * min(sides):
        return None
    return sides[0], sides[1]

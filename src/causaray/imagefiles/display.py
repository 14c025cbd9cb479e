"""From the values a DICOM file stores to the grey a reader is shown (PS3.3, C.11.1 and C.11.2)."""

from collections.abc import Iterator
from itertools import zip_longest
from math import isfinite, nan

import numpy as np
from pydicom import Dataset

from causaray.imagefiles.decimals import decimals, first_decimal
from causaray.imagefiles.dicom.lookup import LookupTable, as_word
from causaray.imagefiles.grey_range import count, distinct, stretched

# A window that leaves fewer pixels than this between black and white was not made for the image.
LEAST_INSIDE = 0.01


def displayed(stored: np.ndarray, header: Dataset) -> np.ndarray:
    """The grey image, float32 (H, W) in [0, 1] with bone bright, of integer (H, W) stored values.

    Modality LUT or rescale, then the first VOI LUT or else the first window that is usable, then inversion for
    MONOCHROME1. Where there is none the `picture_range` is stretched. Padding pixels take no part in the stretching and
    become black.
    """
    values, index = distinct(stored)
    counts = count(index, len(values))
    padding = _is_padding(values, header)
    counts[padding] = 0
    modality = _modality(values, header)
    usable = (grey for grey in _voi(modality, header) if _share_inside(grey, counts) >= LEAST_INSIDE)
    grey = next(usable, None)
    if grey is None:
        grey = stretched(modality, counts)
    if header.PhotometricInterpretation == "MONOCHROME1":
        grey = 1 - grey
    grey[padding] = 0
    return grey.astype(np.float32)[index]


def _is_padding(values: np.ndarray, header: Dataset) -> np.ndarray:
    """Which stored values only fill up the rectangle (PS3.3, C.7.5.1.1.2)."""
    padding = header.get("PixelPaddingValue")
    if padding is None:
        return np.zeros(len(values), dtype=bool)
    limit = header.get("PixelPaddingRangeLimit")
    ends = (padding, padding if limit is None else limit)
    low, high = sorted(as_word(end, _is_signed(header)) for end in ends)
    return (values >= low) & (values <= high)


def _is_signed(header: Dataset) -> bool:
    return header.get("PixelRepresentation") == 1


def _modality(values: np.ndarray, header: Dataset) -> np.ndarray:
    """What stored values (n,) measure: by the modality LUT, or slope and intercept, of which no unusable one counts."""
    for item in header.get("ModalityLUTSequence") or ():
        if table := LookupTable.of(item, _is_signed(header)):
            return table.look_up(values)
    slope, intercept = first_decimal(header, "RescaleSlope"), first_decimal(header, "RescaleIntercept")
    scaled = values * slope if isfinite(slope) and slope != 0 else values
    return scaled + intercept if isfinite(intercept) else scaled


def _may_be_negative(header: Dataset) -> bool:
    """Whether any value that could be stored measures less than zero."""
    top = 2**header.BitsStored - 1
    ends = (-(top + 1) // 2, top // 2) if _is_signed(header) else (0, top)
    return bool(_modality(np.array(ends), header).min() < 0)


def _voi(modality: np.ndarray, header: Dataset) -> Iterator[np.ndarray]:
    """The grey in [0, 1] of each modality value by each VOI LUT, and then by each window, of the header."""
    for item in header.get("VOILUTSequence") or ():
        if table := LookupTable.of(item, _may_be_negative(header)):
            yield table.shown(modality)
    function = str(header.get("VOILUTFunction") or "LINEAR").strip().upper()
    centers, widths = decimals(header, "WindowCenter"), decimals(header, "WindowWidth")
    for center, width in zip_longest(centers, widths, fillvalue=nan):
        if isfinite(center) and width > 0:
            yield _window(modality, center, width, function)


def _window(values: np.ndarray, center: float, width: float, function: str) -> np.ndarray:
    """PS3.3, C.11.2.1.2 and C.11.2.1.3, with the output range [0, 1]."""
    if function == "SIGMOID":
        return 1 / (1 + np.exp(-4 * (values - center) / width))
    # LINEAR counts a window in whole values, from the middle of one to that of another. Where the values are fractions,
    # or the window is no wider than one value, LINEAR_EXACT is what was meant.
    if function != "LINEAR_EXACT" and width > 1 and (values == np.rint(values)).all():
        center, width = center - 0.5, width - 1
    return ((values - center) / width + 0.5).clip(0, 1)


def _share_inside(grey: np.ndarray, counts: np.ndarray) -> float:
    return float(counts[(grey > 0) & (grey < 1)].sum() / max(counts.sum(), 1))

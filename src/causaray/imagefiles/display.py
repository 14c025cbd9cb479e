"""From the values a DICOM file stores to the grey a reader is shown (PS3.3, C.11.1 and C.11.2)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.pixels.processing import apply_modality_lut

# Without a usable window, a thousandth of the pixels at each end may be lost to dead pixels and lead markers.
TAIL = 0.001
# A window that leaves fewer pixels than this between black and white was not made for the image.
LEAST_INSIDE = 0.01


def displayed(stored: np.ndarray, header: Dataset) -> np.ndarray:
    """The grey image, float32 (H, W) in [0, 1] with bone bright, of integer (H, W) stored values.

    Modality LUT or rescale, then the first VOI LUT or else the first window, then inversion for MONOCHROME1. Without a
    usable one of these the range is stretched between the 0.1 and 99.9 percentiles. Padding pixels take no part in the
    stretching and become black.
    """
    # At most 65,536 values can be stored: each is worked out once, and the pixels are looked up.
    values, index = _values(stored)
    counts = np.bincount(index.ravel(), minlength=len(values))
    padding = _is_padding(values, header)
    counts[padding] = 0
    modality = apply_modality_lut(values, header)
    grey = _voi(modality, header)
    if grey is None or _share_inside(grey, counts) < LEAST_INSIDE:
        grey = _stretched(modality, counts)
    if header.PhotometricInterpretation == "MONOCHROME1":
        grey = 1 - grey
    grey[padding] = 0
    return grey.astype(np.float32)[index]


def _values(stored: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every value from the smallest to the largest stored, and where in them each pixel's is."""
    low, high = int(stored.min()), int(stored.max())
    return np.arange(low, high + 1), stored.astype(np.int32) - low


def _is_padding(values: np.ndarray, header: Dataset) -> np.ndarray:
    """Which stored values only fill up the rectangle (PS3.3, C.7.5.1.1.2)."""
    padding = header.get("PixelPaddingValue")
    if padding is None:
        return np.zeros(len(values), dtype=bool)
    low, high = sorted((padding, header.get("PixelPaddingRangeLimit", padding)))
    return (values >= low) & (values <= high)


def _voi(modality: np.ndarray, header: Dataset) -> np.ndarray | None:
    """The grey in [0, 1] of each modality value, or None where the header says nothing usable."""
    if header.get("VOILUTSequence"):
        return _voi_lut(modality, header.VOILUTSequence[0])
    center, width = _first(header.get("WindowCenter")), _first(header.get("WindowWidth"))
    if center is None or width is None or width <= 0:
        return None
    return _window(modality, center, width, str(header.get("VOILUTFunction") or "LINEAR").upper())


def _window(values: np.ndarray, center: float, width: float, function: str) -> np.ndarray:
    """PS3.3, C.11.2.1.2 and C.11.2.1.3, with the output range [0, 1]."""
    if function == "SIGMOID":
        return 1 / (1 + np.exp(-4 * (values - center) / width))
    if function != "LINEAR_EXACT":
        # The standard counts a window in whole values: width 1 is a step.
        center, width = center - 0.5, max(width - 1, 1e-6)
    return ((values - center) / width + 0.5).clip(0, 1)


def _voi_lut(values: np.ndarray, item: Dataset) -> np.ndarray | None:
    # Not pydicom's apply_voi, which wraps the indices of a table of 8-bit entries, and whose output has no known range.
    first, table = int(item.LUTDescriptor[1]), _lut_data(item)
    low, high = int(table.min()), int(table.max())
    if low == high:
        return None
    at = np.rint(values).astype(np.int64) - first
    return (table[at.clip(0, len(table) - 1)] - low) / (high - low)


def _lut_data(item: Dataset) -> np.ndarray:
    data = item.LUTData
    if isinstance(data, bytes):
        entries = item.LUTDescriptor[0] or 2**16
        return np.frombuffer(data, "u1" if len(data) < 2 * entries else "<u2").astype(np.int64)
    return np.asarray(data, dtype=np.int64)


def _stretched(modality: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Modality values between the percentiles of the pixels counted, or between the extremes if those coincide."""
    order = np.argsort(modality)
    order = order[counts[order] > 0]
    if len(order) < 2:
        return np.zeros(len(modality))
    share = np.cumsum(counts[order]) / counts.sum()
    low, high = modality[order[np.searchsorted(share, (TAIL, 1 - TAIL))]].astype(float)
    if low == high:
        low, high = modality[order[[0, -1]]].astype(float)
    return ((modality - low) / (high - low)).clip(0, 1)


def _share_inside(grey: np.ndarray, counts: np.ndarray) -> float:
    return float(counts[(grey > 0) & (grey < 1)].sum() / max(counts.sum(), 1))


def _first(value: Any) -> float | None:
    """The first of a header's numbers, which may be one, several or none."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = value[0] if value else None
    return None if value in (None, "") else float(value)

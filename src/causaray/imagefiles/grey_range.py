"""Which values of an image are its picture, and the grey range stretched over them."""

import numpy as np

TAIL = 0.001
"""Of what is left without letters, this share at each end may be lost to dead pixels."""
EDGE = 0.03
"""Letters and dead pixels take less of a picture than this, at either end."""


def distinct(stored: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every whole number from the smallest to the largest of integer (H, W), and where in them each pixel's is.

    Of 16 bits there are at most 65,536: each is worked out once, and the pixels are looked up.
    """
    low, high = int(stored.min()), int(stored.max())
    return np.arange(low, high + 1), stored.astype(np.int32) - low


def count(index: np.ndarray, size: int) -> np.ndarray:
    """How many pixels of `index` have each of `size` values."""
    return np.bincount(index.ravel(), minlength=size)


def picture_range(values: np.ndarray, counts: np.ndarray) -> tuple[float, float]:
    """What is to be black and what white, of values that so many pixels have: their 0.1 and 99.9 percentiles.

    What lies farther from the middle of the picture than its width is a letter or a dead pixel, and takes no part. The
    extremes are given where the percentiles coincide, and (0, 0) where no pixel is counted.
    """
    order = np.argsort(values)
    order = order[counts[order] > 0]
    if not len(order):
        return 0.0, 0.0
    seen, pixels = values[order].astype(float), counts[order]
    low, high = _percentiles(seen, pixels, EDGE)
    near = (seen >= low - (high - low)) & (seen <= high + (high - low)) if low < high else np.ones(len(seen), bool)
    low, high = _percentiles(seen[near], pixels[near], TAIL)
    return (low, high) if low < high else (float(seen[0]), float(seen[-1]))


def stretched(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The values with their `picture_range` stretched to [0, 1]; zeros where that is but one value."""
    low, high = picture_range(values, counts)
    return ((values - low) / (high - low)).clip(0, 1) if low < high else np.zeros(len(values))


def stretched_image(stored: np.ndarray) -> np.ndarray:
    """Integer (H, W) of 16 bits as float32 (H, W) in [0, 1], its `picture_range` stretched."""
    values, index = distinct(stored)
    return stretched(values, count(index, len(values))).astype(np.float32)[index]


def _percentiles(seen: np.ndarray, pixels: np.ndarray, tail: float) -> tuple[float, float]:
    share = np.cumsum(pixels) / pixels.sum()
    low, high = seen[np.searchsorted(share, (tail, 1 - tail))]
    return float(low), float(high)

"""Whether SYNTHETIC is burned into a picture: the label that `burn_in` writes, looked for anywhere in it."""

import numpy as np
from scipy.ndimage import uniform_filter
from scipy.signal import fftconvolve

from causaray.imagefiles.dicom.burn_in import label, letters

PRESENT = 0.75
"""A correlation with the label from which on it is there."""
PANEL = 10
"""Letters of the pictures that are put side by side, in pixels."""


def visible_mark(pixels: np.ndarray, text: str) -> float:
    """The largest correlation, in [-1, 1], of any place of (H, W) pixels with the label that says `text`.

    It is looked for as large as it would be burned in, as in panels, and as in a picture of half and of twice as many
    pixels a side.
    """
    size = letters(pixels.shape)
    sizes = {max(6, round(size * times)) for times in (0.5, 1, 2)} | {PANEL}
    return max((_correlation(pixels, label(text, one)) for one in sizes), default=0.0)


def _correlation(pixels: np.ndarray, template: np.ndarray) -> float:
    """The largest normalised cross-correlation over all places in which the template is whole."""
    height, width = template.shape
    if height > pixels.shape[0] or width > pixels.shape[1]:
        return 0.0
    centred = template - template.mean()
    image = pixels.astype(float) - pixels.mean()
    products = fftconvolve(image, centred[::-1, ::-1], mode="valid")
    area = template.size
    mean, square = (uniform_filter(one, template.shape, mode="constant") for one in (image, np.square(image)))
    top, left = height // 2, width // 2
    part = (slice(top, top + products.shape[0]), slice(left, left + products.shape[1]))
    spread = np.sqrt(np.maximum(square - np.square(mean), 1e-6)[part] * area)
    return float((products / (spread * np.sqrt(np.square(centred).sum()))).max())

"""Where findings are, as pictures of a film's own pixels."""

from collections.abc import Mapping
from io import BytesIO

import numpy as np
from PIL import Image


def enlarged(share: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A share (rows, columns) in [0, 1] that covers a film of a shape (H, W): uint8 (H, W), 255 for all of a pixel."""
    height, width = shape
    large = Image.fromarray(share.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR)
    return np.rint(255 * np.asarray(large).clip(0, 1)).astype(np.uint8)


def mask_png(masks: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> bytes:
    """An 8-bit grey PNG of the largest of masks uint8 (H, W), pixel by pixel; black where there is none."""
    largest = np.zeros(shape, np.uint8)
    for mask in masks.values():
        np.maximum(largest, mask, out=largest)
    encoded = BytesIO()
    Image.fromarray(largest).save(encoded, "PNG", optimize=True)
    return encoded.getvalue()

"""Writing words into the pixels, where no header can lose them."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont


def burn_in(pixels: np.ndarray, text: str) -> np.ndarray:
    """A copy of float (H, W) pixels in [0, 1] with `text` in white on black in the lower left corner.

    The letters are a fortieth of the shorter side high, at least 10 pixels; what does not fit into a narrow image is
    cut off at its right edge.
    """
    label = _label(text, max(10, min(pixels.shape) // 40))[:, : pixels.shape[1]]
    burned = pixels.copy()
    burned[-label.shape[0] :, : label.shape[1]] = label
    return burned


def _label(text: str, size: int) -> np.ndarray:
    font = ImageFont.load_default(size)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(text))
    margin = size // 4
    label = Image.new("L", (right - left + 2 * margin, bottom - top + 2 * margin))
    ImageDraw.Draw(label).text((margin - left, margin - top), text, fill=255, font=font)
    return np.asarray(label, dtype=np.float32) / 255

"""Writing words into the pixels, where no header can lose them."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont


def burn_in(pixels: np.ndarray, text: str) -> np.ndarray:
    """A copy of float (H, W) pixels in [0, 1] with `text` in white on black in the lower left corner.

    The letters are a fortieth of the shorter side high, at least 10 pixels; what does not fit into a narrow image is
    cut off at its right edge.
    """
    words = label(text, letters(pixels.shape))[:, : pixels.shape[1]]
    burned = pixels.copy()
    burned[-words.shape[0] :, : words.shape[1]] = words
    return burned


def letters(shape: tuple[int, ...]) -> int:
    """The height in pixels of the letters that are burned into a picture of a shape (H, W)."""
    return max(10, min(shape) // 40)


def label(text: str, size: int) -> np.ndarray:
    """The words in letters of a height, white on black: float32 (h, w) in [0, 1]."""
    font = ImageFont.load_default(size)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(text))
    margin = size // 4
    sheet = Image.new("L", (right - left + 2 * margin, bottom - top + 2 * margin))
    ImageDraw.Draw(sheet).text((margin - left, margin - top), text, fill=255, font=font)
    return np.asarray(sheet, dtype=np.float32) / 255

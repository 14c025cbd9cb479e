"""An invisible watermark in synthetic radiographs: a spread spectrum that survives JPEG and resizing.

As Cox et al. ("Secure spread spectrum watermarking for multimedia", IEEE Transactions on Image Processing 1997) a fixed
pattern of signs is added to middle frequencies of the discrete cosine transform of the whole picture, as strong as this
picture needs. It is looked for without the original, by the correlation of the signs with the coefficients, each
weighed by the size of those about it. Frequencies are counted in half-waves over the picture, so that neither more nor
fewer pixels move them. It is one bit, and no secret: who knows this file can take it out. It does not survive cropping,
turning and mirroring. docs/results/watermark.md says what was measured.
"""

import numpy as np
from PIL import Image
from scipy.fft import dctn, idctn
from scipy.ndimage import gaussian_filter, uniform_filter

SIDE = 256
"""Of the copy in which it is looked for, and made."""
LOWEST, HIGHEST = 20, 64
"""Half-waves over the picture; a film of 128 pixels that is halved keeps them."""
AROUND = 7
"""Side of the square of coefficients by whose size each is weighed."""
PRESENT = 6.0
"""A score from which on it is there. Of other pictures the score is standard normal: one in a thousand million."""
TARGET, TRIES = 12.0, 12
"""The score that it is made to have, and how often its strength is put right on the way."""
FAINTEST, STRONGEST = 0.002, 0.05
"""Standard deviation of what is added, of a grey range of 1: that which is tried first, and the most."""
ROOM = 0.05
"""Nearer to black or white than this it fades: there it would show."""
FINE, UNEVEN = 3.0, (0.5, 1.5)
"""Structure is what a blur by so many pixels of the copy takes away; the least and most that it counts."""


def watermarked(pixels: np.ndarray) -> np.ndarray:
    """A copy of float (H, W) pixels in [0, 1] with the watermark, made so strong that 8-bit pixels keep it."""
    pattern = _enlarged(idctn(_SIGNS, norm="ortho") * _hidden(_copy(pixels)), pixels.shape)
    pattern /= pattern.std() + 1e-9
    strength, made = FAINTEST, pixels
    for _ in range(TRIES):
        made = (pixels + strength * pattern).clip(0, 1).astype(np.float32)
        reached = score(np.rint(made * 255) / 255)
        if reached >= TARGET or strength >= STRONGEST:
            break
        strength = min(STRONGEST, strength * max(1.1, TARGET / max(reached, TARGET / 2)))
    return made


def score(pixels: np.ndarray) -> float:
    """How much of the watermark is in float (H, W) pixels: from PRESENT on it is there."""
    coefficients = dctn(_copy(pixels), norm="ortho")
    whitened = (coefficients / _size(coefficients))[_BAND]
    length = float(np.sqrt(np.square(whitened).sum()))
    return float(whitened @ _SIGNS[_BAND]) / length if length else 0.0


def _hidden(copy: np.ndarray) -> np.ndarray:
    """How much the eye lets pass in each place of a copy: much where there is structure, nothing in black and white."""
    structure = gaussian_filter(np.abs(copy - gaussian_filter(copy, FINE)), 2 * FINE)
    room = gaussian_filter(np.minimum(copy, 1 - copy), 1) / ROOM
    return room.clip(0, 1) * (structure / (structure.mean() + 1e-9)).clip(*UNEVEN)


def _copy(pixels: np.ndarray) -> np.ndarray:
    """(SIDE, SIDE), anti-aliased."""
    small = Image.fromarray(pixels.astype(np.float32)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return np.asarray(small).astype(float)


def _enlarged(pattern: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    height, width = shape
    large = Image.fromarray(pattern.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    return np.array(large)


def _size(coefficients: np.ndarray) -> np.ndarray:
    """How large coefficients are about each, never 0."""
    return np.sqrt(np.maximum(uniform_filter(np.square(coefficients), AROUND), 0)) + 1e-6


def _band() -> np.ndarray:
    waves = np.hypot(*np.indices((SIDE, SIDE)))
    return (waves >= LOWEST) & (waves <= HIGHEST)


_BAND = _band()
_SIGNS = np.where(_BAND, np.random.Generator(np.random.PCG64(0xCA5A)).choice([-1.0, 1.0], (SIDE, SIDE)), 0.0)

"""The outline of a change, to be laid over its radiograph."""

from io import BytesIO

import numpy as np
from PIL import Image
from scipy.ndimage import binary_erosion, label

from causaray.imagefiles.grid import BRIGHTER, DARKER
from causaray.place import CHANGED

FINER, LARGEST = 4, 2048
"""So many pixels of the outline are one of the image's, along each side, as long as it has no more than LARGEST."""
WIDTH = 1  # of the line, in pixels of the outline
SPECK = 4 * FINER**2  # pixels of the outline: what has less is left out of it, not of any figure


def contours_png(difference: np.ndarray) -> bytes:
    """A transparent PNG, up to FINER times as large as the difference (S, S) in [-1, 1], with lines where it reaches
    CHANGED: orange encloses what is brighter by that much or more, blue what is darker.
    """
    side = len(difference) * max(1, min(FINER, LARGEST // len(difference)))
    finer = Image.fromarray(difference.astype(np.float32)).resize((side, side), Image.Resampling.BICUBIC)
    values = np.asarray(finer)
    drawn = np.zeros((side, side, 4), np.uint8)
    for colour, inside in ((BRIGHTER, values >= CHANGED), (DARKER, values <= -CHANGED)):
        drawn[outline(inside)] = [*np.rint(255 * colour), 255]
    encoded = BytesIO()
    Image.fromarray(drawn).save(encoded, "PNG", optimize=True)
    return encoded.getvalue()


def outline(inside: np.ndarray) -> np.ndarray:
    """The border of what is inside, boolean (H, W), without specks."""
    kept = _without_specks(inside)
    return kept & ~binary_erosion(kept, iterations=WIDTH, border_value=1)


def _without_specks(inside: np.ndarray) -> np.ndarray:
    parts, _ = label(inside)
    large = np.bincount(parts.ravel()) >= SPECK
    large[0] = False
    return large[parts]

"""The outline of a change or of a finding, to be laid over its radiograph."""

from collections.abc import Iterable
from io import BytesIO

import numpy as np
from PIL import Image
from scipy.ndimage import binary_erosion, label

from causaray.imagefiles.grid import BRIGHTER, DARKER
from causaray.place import CHANGED

FINER, LARGEST = 4, 2048
"""So many pixels of the outline are one of the image's, along each side, as long as it has no more than LARGEST."""
WIDTH = 1  # of the line, in pixels of the outline
LESION = np.array([1.0, 0.93, 0.35])
SPECK = 4 * FINER**2  # pixels of the outline: what has less is left out of it, not of any figure


def contours_png(difference: np.ndarray) -> bytes:
    """A transparent PNG, up to FINER times as large as the difference (S, S) in [-1, 1], with lines where it reaches
    CHANGED: orange encloses what is brighter by that much or more, blue what is darker.
    """
    values = _finer(difference)
    return _encoded(values.shape, ((BRIGHTER, values >= CHANGED), (DARKER, values <= -CHANGED)))


def lesion_contours_png(share: np.ndarray) -> bytes:
    """The same of a share (S, S) in [0, 1]: yellow encloses the places of which more than half is the finding's."""
    values = _finer(share)
    return _encoded(values.shape, ((LESION, values > 0.5),))


def _finer(sheet: np.ndarray) -> np.ndarray:
    side = len(sheet) * max(1, min(FINER, LARGEST // len(sheet)))
    return np.asarray(Image.fromarray(sheet.astype(np.float32)).resize((side, side), Image.Resampling.BICUBIC))


def _encoded(shape: tuple[int, ...], lines: Iterable[tuple[np.ndarray, np.ndarray]]) -> bytes:
    """A transparent PNG with outlines of each colour (3,) in [0, 1]."""
    drawn = np.zeros((*shape, 4), np.uint8)
    for colour, inside in lines:
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

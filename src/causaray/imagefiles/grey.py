"""Grey images that were stored in colour."""

import numpy as np

from causaray.errors import BadInput

# Grey stored as RGB stays at 0 through JPEG; photographs lie above 0.1, even one of the night sky at 0.03.
COLOUR_TOLERANCE = 0.02


def grey_from_colour(rgb: np.ndarray, full_scale: float, name: object) -> np.ndarray:
    """The grey image in (H, W, 3) values of [0, full_scale], as float32 (H, W) in [0, 1].

    Raises:
        BadInput: the largest and smallest channel differ by more than COLOUR_TOLERANCE on average: a true colour image,
            which the sentence calls `name`.
    """
    # Channel by channel: over an axis of three numbers NumPy takes twelve times as long.
    red, green, blue = (rgb[..., i].astype(np.float32) / np.float32(full_scale) for i in range(3))
    spread = np.maximum(np.maximum(red, green), blue)
    spread -= np.minimum(np.minimum(red, green), blue)
    if float(spread.mean()) > COLOUR_TOLERANCE:
        raise BadInput(f"{name} is a colour image, where a grey radiograph was expected.")
    return (red + green + blue) / np.float32(3)

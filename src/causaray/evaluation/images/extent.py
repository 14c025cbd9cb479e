"""How large a change is, how strong, and on which side of the patient."""

import numpy as np
from torch import Tensor

VISIBLE = 8 / 255
"""A change of a pixel, of the grey range, that an eye can see."""


def area(change: Tensor) -> np.ndarray:
    """Share of the pixels (N, 1, S, S) that change visibly: (N,)."""
    return (change.abs() > VISIBLE).float().mean((1, 2, 3)).numpy()


def opacity(change: Tensor) -> np.ndarray:
    """Mean absolute change, in grey levels of 255: (N,)."""
    return 255 * change.abs().mean((1, 2, 3)).numpy()


def on_side(change: Tensor, side: str) -> np.ndarray:
    """Whether more of a change (N, 1, S, S) lies on the patient's `side`, "left" or "right", than on the other: (N,).

    The patient's left is the image's right; the column in the middle of an odd width belongs to neither.
    """
    half = change.shape[-1] // 2
    columns = change.abs().sum((1, 2))
    right, left = columns[:, :half].sum(1), columns[:, -half:].sum(1)
    return (left > right if side == "left" else right > left).numpy().astype(float)

"""A chest simple enough that every outline is known."""

import torch
from torch import Tensor


def lungs(size: int, heart: float = 0.05, shift: float = 0.0) -> tuple[Tensor, Tensor]:
    """The patient's right and left lung, bool (size, size): ellipses, a heart cut into the left by `heart` widths.

    `shift` moves everything to the right, as a share of the width.
    """
    at = (torch.arange(size) + 0.5) / size
    y, x = at[:, None], at[None] - shift
    right, left = (((x - centre) / 0.14) ** 2 + ((y - 0.45) / 0.3) ** 2 < 1 for centre in (0.3, 0.7))
    return right, left & ~((y > 0.45) & (x < 0.56 + heart))


def chest(size: int = 128, heart: float = 0.05, shift: float = 0.0) -> Tensor:
    """The radiograph of it: (1, size, size) in [0, 1], a bright body in dark air."""
    right, left = lungs(size, heart, shift)
    x = (torch.arange(size) + 0.5) / size - shift
    body = (x > 0.08) & (x < 0.92)
    return (0.05 + 0.65 * body - 0.4 * (right | left))[None]

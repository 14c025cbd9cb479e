"""What is left of a film where an edit hides its fine detail."""

import torch
from torch import Tensor

from causaray.anatomy.film import along_ribs
from causaray.editors.residual import coarse
from causaray.nets.guide import blur

ABOUT = 1 / 64
"""Share of the side around a pixel, over which it is told whether an edit makes it darker."""
DARKER = 0.03
"""What gets darker by so much of the grey range keeps its ribs whole."""


def bare(images: Tensor, change: Tensor) -> Tensor:
    """Images (B, 1, S, S) without the detail that an edit, which adds `change`, hides where it hides all.

    Fluid hides all that is fine. Air, which makes a lung darker, hides its vessels, and the ribs stay.
    """
    smooth, side = coarse(images), images.shape[-1]
    darker = (-blur(change, ABOUT * side) / DARKER).clamp(0, 1)
    rows = [i for i, one in enumerate(darker) if one.any()]
    if not rows:
        return smooth
    ribs = torch.cat([along_ribs(images[i : i + 1], side / 128) for i in rows])
    smooth[rows] = smooth[rows].lerp(ribs, darker[rows])
    return smooth

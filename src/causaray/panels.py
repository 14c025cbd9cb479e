"""The pictures of a counterfactual for people to look at, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from causaray.imagefiles import Panel, diverging
from causaray.scan import Scan

if TYPE_CHECKING:
    from causaray.counterfactual import Counterfactual

MARK = "SYNTHETIC"
LARGEST = 1024
"""Side in pixels beyond which an image is shown smaller."""


def panels_of(made: Counterfactual) -> list[Panel]:
    """Factual, counterfactual and difference, the largest change of which is full colour.

    Films that are not square are letterboxed, and those of more than LARGEST pixels a side are made smaller.
    """
    limit, before, after = made.difference_limit, shown(made.factual), shown(made.counterfactual)
    return [
        Panel(before, "factual"),
        Panel(after, f"counterfactual: {made.asked}", MARK),
        Panel(diverging(after - before, limit), f"difference: blue -{limit:.2f}, orange +{limit:.2f}"),
    ]


def shown(scan: Scan) -> np.ndarray:
    """The pixels of a scan as a square of at most LARGEST pixels a side: its own where they are one already."""
    height, width = scan.pixels.shape
    side = min(max(height, width), LARGEST)
    return scan.pixels if height == width == side else scan.square(side).pixels

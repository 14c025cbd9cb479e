"""Skeletons of binary images: the parallel thinning of Guo & Hall 1989, a whole batch at a time."""

import numpy as np

_AROUND = ((0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0), (0, 0))
"""Row and column within 3 x 3 of the neighbours p2 .. p9, clockwise from above; p2 is the lowest bit of a code."""


def _removable() -> np.ndarray:
    """uint8 (256,) by neighbourhood code: bit 0 where the first pass removes a pixel, bit 1 where the second does."""
    p2, p3, p4, p5, p6, p7, p8, p9 = ((np.arange(256) >> bit) & 1 for bit in range(8))
    crossings = (1 - p2) * (p3 | p4) + (1 - p4) * (p5 | p6) + (1 - p6) * (p7 | p8) + (1 - p8) * (p9 | p2)
    pairs = np.minimum((p9 | p2) + (p3 | p4) + (p5 | p6) + (p7 | p8), (p2 | p3) + (p4 | p5) + (p6 | p7) + (p8 | p9))
    loose = (crossings == 1) & (pairs >= 2) & (pairs <= 3)
    first = loose & ((p2 | p3 | (1 - p5)) * p4 == 0)
    second = loose & ((p6 | p7 | (1 - p9)) * p8 == 0)
    return (first + 2 * second).astype(np.uint8)


_TABLE = _removable()


def thin(masks: np.ndarray) -> np.ndarray:
    """Skeletons, one pixel wide and as connected as what they came of, of boolean masks (N, H, W)."""
    n, height, width = masks.shape
    padded = np.zeros((n, height + 2, width + 2), np.uint8)
    skeleton = padded[:, 1:-1, 1:-1]
    skeleton[:] = masks
    active = np.arange(n)
    while len(active):
        before = skeleton[active]
        for one_pass in (0, 1):
            code = _codes(padded[active])
            skeleton[active] &= ~(_TABLE[code] >> one_pass)
        active = active[(skeleton[active] != before).any((1, 2))]
    return skeleton.astype(bool)


def _codes(padded: np.ndarray) -> np.ndarray:
    """The neighbourhood code of every pixel but the border of (N, H + 2, W + 2): uint8 (N, H, W)."""
    height, width = padded.shape[1] - 2, padded.shape[2] - 2
    code = np.zeros((len(padded), height, width), np.uint8)
    for bit, (row, column) in enumerate(_AROUND):
        code |= padded[:, row : row + height, column : column + width] << bit
    return code

"""Edits are made at the size of the weights and laid on the film's own pixels."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.editors.edit import CoveringEdit, Edit, Formed
from causaray.editors.residual import carry_over, carry_without
from causaray.scan import Scan, letterbox

FORMED_SIDE = 512
"""Most pixels a side on which findings are formed, as drawn ones are."""


def uncovered(film: Scan, sheet: Tensor, side: int) -> np.ndarray:
    """Of a sheet (p, p) over the film letterboxed to `side` pixels the part that is film: float32 (rows, columns).

    It has the resolution of the letterboxed film, and covers the whole film.
    """
    height, width = film.pixels.shape
    (rows, columns), (top, left) = letterbox(height, width, side)
    square = F.interpolate(sheet[None, None].float(), (side, side), mode="bilinear", align_corners=False)[0, 0]
    return square[top : top + rows, left : left + columns].clamp(0, 1).numpy()


def laid(film: Scan, square: Tensor, edit: Edit, i: int, allowed: np.ndarray | None = None) -> Scan:
    """Edit number i of `square` (1, S, S), which is `film` letterboxed, on the pixels of the film.

    The change is enlarged and added; where the editor tells how much of the film's own detail it hides, that much of
    it goes. Pixels that nothing changes are the film's own, bit for bit. allowed (H, W): where the film may change. The
    result has spacing and view of the film and nobody's identity.
    """
    height, width = film.pixels.shape
    (rows, columns), (top, left) = letterbox(height, width, square.shape[-1])
    part = (..., slice(top, top + rows), slice(left, left + columns))

    def enlarged(sheet: Tensor) -> Tensor:
        if (rows, columns) == (height, width):
            return sheet[part]
        return F.interpolate(sheet[part][None], size=(height, width), mode="bicubic", align_corners=False)[0]

    image = torch.from_numpy(film.pixels)[None]
    if isinstance(edit, CoveringEdit):
        change, hidden = edit.change[i], edit.hidden[i]
        made = carry_without(image, enlarged(change), enlarged(hidden).clamp(0, 1), enlarged(edit.base[i]))
        touched = (change != 0) | (hidden != 0)
    else:
        change = edit.counterfactual[i] - square
        made, touched = carry_over(image, enlarged(change)), change != 0
    still = enlarged(F.max_pool2d(touched.float()[None], 5, 1, 2)[0]) <= 0  # enlarging reaches two pixels beyond
    pixels = torch.where(still, image, made.clamp(0, 1))
    if isinstance(edit, CoveringEdit) and edit.formed:
        pixels = _formed(pixels, edit.formed[i])
    if allowed is not None:
        pixels = torch.where(torch.from_numpy(allowed), pixels, image)
    return Scan(pixels[0].numpy(), spacing=film.spacing, view=film.view)


def _formed(image: Tensor, formed: Formed) -> Tensor:
    """An image (1, H, W) with what comes to it: formed on its own pixels, of a large one on fewer."""
    height, width = image.shape[-2:]
    side = min(FORMED_SIDE, max(height, width))
    square = torch.from_numpy(Scan(image[0].numpy()).square(side).pixels)[None, None]
    (rows, columns), (top, left) = letterbox(height, width, side)
    change = (formed.on(square) - square)[..., top : top + rows, left : left + columns]
    if (rows, columns) != (height, width):
        change = F.interpolate(change, size=(height, width), mode="bilinear", align_corners=False)
    return torch.where(change[0] == 0, image, (image + change[0]).clamp(0, 1))

"""Where an edit changes its image: within the region of the true finding, and on the side asked for."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.finding import Finding

SHOWN, MARGIN = 0.05, 0.02
"""The finding is where its share of a pixel is greater than this; the region is wider by this part of a side."""


def region(share: Tensor) -> Tensor:
    """Where the true finding is, with a margin: bool (n, 1, S, S), of its share of each pixel."""
    reach = round(MARGIN * share.shape[-1])
    return F.max_pool2d(share, 2 * reach + 1, 1, reach) > SHOWN


def localised(change: Tensor, where: Tensor) -> np.ndarray:
    """The share of the absolute change (n, 1, S, S) that is within the region: (n,), NaN where nothing changes."""
    size = change.abs()
    return ((size * where).sum((1, 2, 3)) / size.sum((1, 2, 3))).numpy()


def overlap(seen: Tensor, share: Tensor) -> np.ndarray:
    """Dice coefficient of shares (n, 1, p, p) that are seen with the true ones (n, 1, S, S), brought to p: (n,).

    Of shares in [0, 1], twice the sum of the lesser of the two over the sum of both; NaN where neither is anything.
    """
    truth = F.adaptive_avg_pool2d(share, seen.shape[-1])
    both = (seen + truth).sum((1, 2, 3))
    return (2 * torch.minimum(seen, truth).sum((1, 2, 3)) / both).numpy()


def on_side(change: Tensor, left_half: Tensor, requests: Sequence[Finding]) -> np.ndarray:
    """Whether more of the absolute change (n, 1, S, S) is on the side asked for than on the other: (n,), 1 or 0.

    NaN where no one side was asked for; 0 where nothing changes. `left_half` is 1 on the patient's left, else 0.
    """
    size = change.abs()
    left, right = ((size * half).sum((1, 2, 3)) for half in (left_half, 1 - left_half))
    more = torch.stack([right > left, left > right], 1).float().numpy()
    sides = {"right": 0, "left": 1}
    return np.array([more[i, sides[one.side]] if one.side in sides else np.nan for i, one in enumerate(requests)])

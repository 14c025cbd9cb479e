"""Is the image the same where the request had no business?"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from causaray.evaluation.images.anatomy import strangers
from causaray.evaluation.images.distances import l1, ssim
from causaray.evaluation.images.perceptual import Perceptual
from causaray.evaluation.statistics.bootstrap import Estimate, known_mean


def outside(
    real: Tensor,
    made: Mapping[str, Tensor],
    allowed: Tensor,
    perceptual: Perceptual,
    patients: np.ndarray,
    seed: int = 0,
) -> dict[str, dict[str, Estimate | None]]:
    """How far each set of images `made` (N, 1, S, S) is from real outside of `allowed`, bool (N or 1, 1, S, S).

    Of each kind mean "l1" (grey levels) and "ssim" over the pixels outside, and "perceptual", the distance of the whole
    images once what was made inside is put back: what is left can only come from outside. Images without an outside
    are left out. Control, added as "stranger": the real image of another patient, what a lost identity would cost; the
    copied input has 0, 1 and 0 by construction.
    """
    allowed = allowed.expand_as(real)
    known = ~allowed.all(3).all(2).flatten()
    return {
        kind: {
            name: known_mean(torch.where(known, value, torch.nan).numpy(), patients, seed=seed)
            for name, value in _apart(real, torch.where(allowed, real, x), ~allowed, perceptual).items()
        }
        for kind, x in {**made, "stranger": real[strangers(patients)]}.items()
    }


def _apart(real: Tensor, other: Tensor, where: Tensor, perceptual: Perceptual) -> dict[str, Tensor]:
    return {
        "l1": l1(real, other, where),
        "ssim": ssim(real, other, where),
        "perceptual": perceptual(real, other),
    }

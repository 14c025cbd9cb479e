"""How different two radiographs look to a net that reads radiographs."""

from collections.abc import Callable

import torch
from torch import Tensor

from causaray.classifiers.judge import Judge
from causaray.evaluation.images.features import classifiers

STAGES = (1, 2, 4)
"""Stages of the net that are compared: at a quarter, an eighth and a sixteenth of its resolution."""
Perceptual = Callable[[Tensor, Tensor], Tensor]
"""Two sets of images (B, 1, H, W) in [0, 1] -> the distance of each pair (B,), 0 for equal ones."""


def perceptual_distance(judge: Judge) -> Perceptual:
    """Squared distance of unit feature vectors, summed over channels, mean over positions and STAGES: 0 to 4.

    LPIPS without its learned weights (Zhang et al. 2018, eq. 1), by the first of the judge's nets in place of one for
    photographs: not to be compared with published LPIPS figures. Shades and outlines count, an even grey hardly does.
    """
    net = classifiers(judge)[0]

    @torch.inference_mode()
    def seen(x: Tensor) -> list[Tensor]:
        stages = net.net.by_stage(net.seen(x))
        return [stages[i] / (stages[i].norm(dim=1, keepdim=True) + 1e-8) for i in STAGES]

    def apart(x: Tensor, y: Tensor) -> Tensor:
        return torch.stack([(a - b).square().sum(1).mean((1, 2)) for a, b in zip(seen(x), seen(y), strict=True)]).mean(
            0
        )

    return lambda x, y: torch.cat([apart(a, b) for a, b in zip(x.split(32), y.split(32), strict=True)])

"""How different two radiographs look to a net that reads radiographs."""

from collections.abc import Callable

import torch
from torch import Tensor

from causaray.evaluation.features import classifiers
from causaray.evaluation.judge import Judge
from causaray.nets.finding_classifier import resize

STAGES = (1, 2, 4)
"""Stages of the judge's nets that are compared: at a quarter, an eighth and a sixteenth of their resolution."""
Perceptual = Callable[[Tensor, Tensor], Tensor]
"""Two sets of images (B, 1, H, W) in [0, 1] -> the distance of each pair (B,), 0 for equal ones."""


def perceptual_distance(judge: Judge) -> Perceptual:
    """Squared distance of unit feature vectors, summed over channels, mean over positions, stages and nets: 0 to 4.

    LPIPS without its learned weights (Zhang et al. 2018, eq. 1), by the judge's nets in place of one for photographs:
    not to be compared with published LPIPS figures. Shades and outlines count, a shift of a grey level hardly does.
    """

    @torch.inference_mode()
    def apart(x: Tensor, y: Tensor) -> Tensor:
        pairs = zip(x.split(32), y.split(32), strict=True)
        return torch.cat([torch.stack(_by_net_and_stage(judge, a, b)).mean(0) for a, b in pairs])

    return apart


def _by_net_and_stage(judge: Judge, x: Tensor, y: Tensor) -> list[Tensor]:
    found = []
    for net in classifiers(judge):
        stages = [net.net.by_stage(resize(images, net.size)) for images in (x, y)]
        for one, other in ((stages[0][i], stages[1][i]) for i in STAGES):
            found.append((_unit(one) - _unit(other)).square().sum(1).mean((1, 2)))
    return found


def _unit(x: Tensor) -> Tensor:
    return x / (x.norm(dim=1, keepdim=True) + 1e-8)

"""What stands for the nets in tests of the evaluation."""

import pytest
import torch

from causaray.classifiers.judge import Judge
from causaray.evaluation.families import identity
from causaray.evaluation.images import features
from causaray.evaluation.statistics import bootstrap


class Halves(torch.nn.Module):
    """Reads the brightness of the upper and of the lower half as two findings."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.stack([half.mean((1, 2, 3)) for half in images.chunk(2, dim=2)], dim=1)


def coarse(x: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.avg_pool2d(x, 16).flatten(1)


def make_quick(patch: pytest.MonkeyPatch) -> None:
    """Coarse grey levels instead of nets, a judge as simple, and few draws: all that takes seconds, or an extra."""
    draw = bootstrap.draw_patients
    patch.setattr(features, "inception", lambda: coarse)
    patch.setattr(features, "chest_encoder", lambda judge: coarse)
    patch.setattr(identity, "perceptual_distance", lambda judge: lambda x, y: (x - y).square().mean((1, 2, 3)))
    patch.setattr(Judge, "load", lambda folder: Judge(("Edema", "Pleural Effusion"), "0" * 64, Halves()))
    patch.setattr(bootstrap, "draw_patients", lambda patients, draws, seed: draw(patients, min(draws, 20), seed))

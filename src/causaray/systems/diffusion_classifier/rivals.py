"""The classifiers beside it: a ResNet-18 from scratch, by the mean risk and by that of the worst group."""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from causaray.classifiers.backbones import backbone
from causaray.classifiers.calibration import Calibrated, calibrate
from causaray.classifiers.groups import objective_over
from causaray.classifiers.labelled_rows import LabelledRows
from causaray.classifiers.train import train_classifier
from causaray.cohorts.batches import augment
from causaray.devices import autocast, resolved
from causaray.systems.diffusion_classifier.worlds import World
from causaray.training.updates import adamw

BACKBONE, BATCH, RATE, DECAY, CLIP = "resnet-18", 32, 1e-3, 0.05, 5.0
ERM, GROUP_DRO = "ResNet-18, ERM", "ResNet-18, Group-DRO"
DRO_RATE = 0.05
"""eta_q of Group-DRO, whose trainings here are short."""


def trained(rival: str, world: World, seed: int, steps: int, out: Path, strength: float) -> Calibrated:
    """ERM or GROUP_DRO on split train of a world, its probabilities calibrated on split val; resumes what `out` holds.

    strength: of the augmentation.
    """
    torch.manual_seed(seed)
    train, labels = world.train, torch.from_numpy(world.train.present).float()[:, None]
    objective, chance = objective_over("erm" if rival == ERM else "group-dro", train.group, DRO_RATE)
    net = Calibrated(backbone(BACKBONE, 1, train.images.shape[-1]), 1)
    train_classifier(
        net.net, LabelledRows(train.take, labels, chance, bf16=True), objective, adamw(net.net, RATE, DECAY),
        partial(augment, strength=strength), batch=BATCH, steps=steps, seed=seed, out=out, name="rival", clip=CLIP,
    )  # fmt: skip
    calibrate(net.eval(), lambda rows: world.val.take(rows).numpy(), world.val.present[:, None].astype(float))
    return net


@torch.no_grad()
def probabilities(net: nn.Module, images: Tensor) -> np.ndarray:
    """Of the finding in images (N, 1, S, S), (N,)."""
    with autocast(resolved("cpu"), bf16=True):
        return torch.cat([net(part)[:, 0].float() for part in images.split(64)]).numpy()

"""The read-outs of an experiment: what they learn from, and how well they read phantoms that nothing has seen."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from causaray.classifiers.readouts import READOUTS, read, sample, train_readouts
from causaray.cohorts.phantom.world import World
from causaray.evaluation.statistics.auroc import auroc
from causaray.nets.finding_classifier import FindingClassifier

LEARNT, CHECKED = 4000, 1000
"""Phantoms that the read-outs learn from and are checked on, of seeds of their own."""


@torch.no_grad()
def drawn(codec: Any, images: Tensor) -> Tensor:
    """Images as the codec draws them."""
    return torch.cat([codec.decode(codec.encode(part)) for part in images.split(64)]).clamp(0, 1)


def learned(codec: Any, work: Path) -> FindingClassifier:
    """Learned on phantoms of a seed of their own, unrelated in all, half of them as the codec draws."""
    images, labels = sample(World(size=codec.size, tail=0.0), LEARNT, 901)
    half = LEARNT // 2
    return train_readouts(torch.cat([images[:half], drawn(codec, images[half:])]), labels, work / "readouts")


def checked(net: FindingClassifier, codec: Any) -> dict[str, dict[str, float]]:
    """AUROC of each read-out on untouched phantoms, as they are and as the codec draws them."""
    images, labels = sample(World(size=codec.size, tail=0.0), CHECKED, 902)
    seen = {"images": read(net, images), "reconstructions": read(net, drawn(codec, images))}
    return {
        name: {kind: auroc(labels[:, j], score[:, j]) for kind, score in seen.items()}
        for j, name in enumerate(READOUTS)
    }  # fmt: skip

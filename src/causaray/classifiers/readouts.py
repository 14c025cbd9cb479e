"""Read-outs: one net that reads every attribute a phantom has, told in its captions or not."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray.classifiers.backbones import efficientnet
from causaray.classifiers.groups import empirical_risk
from causaray.classifiers.labelled_rows import LabelledRows
from causaray.classifiers.train import train_classifier
from causaray.cohorts.batches import augment
from causaray.cohorts.phantom.model import WORLD_NAMES, Values, slug
from causaray.cohorts.phantom.world import World
from causaray.nets.finding_classifier import FindingClassifier

TOLD_OF = ("Male", "AP view", "Older than 55")
READOUTS = (*WORLD_NAMES, *TOLD_OF)
"""What is read: the findings, and who is on the image, and how it was taken."""


def attributes(values: Values) -> np.ndarray:
    """float32 (N, K) of 0 and 1: what phantoms have of READOUTS."""
    findings = [values[slug(name)].max(1) > 0 for name in WORLD_NAMES]
    others = [values["male"] > 0, values["anteroposterior"] > 0, values["age"] > 55]
    return np.stack([*findings, *others], 1).astype(np.float32)


def train_readouts(
    images: Tensor, labels: np.ndarray, out: Path, seed: int = 0, steps: int = 400, size: int = 96, batch: int = 32
) -> FindingClassifier:
    """Read labels (N, K) of 0 and 1 from images (N, 1, S, S); from ImageNet weights, resumes what `out` holds.

    Images are not blurred in training: a device is two pixels wide.
    """
    torch.manual_seed(seed)
    net = efficientnet(labels.shape[1], size, photographs=True)
    net = train_classifier(
        net, LabelledRows(lambda rows: images[rows], torch.from_numpy(labels), by_attribute(labels)),
        empirical_risk(), torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.05), augment,
        batch=batch, steps=steps, seed=seed, out=out, name=f"readouts{seed}",
    )  # fmt: skip
    return net.requires_grad_(False)


def by_attribute(labels: np.ndarray) -> np.ndarray:
    """The chance (N,) of each row of labels (N, K), 0 or 1, where a row is picked to show, or to lack, one of them.

    So rare attributes are drawn as often as frequent ones. Those that no row shows, or all do, are not picked.
    """
    shown = [labels[:, j] == value for j in range(labels.shape[1]) for value in (0, 1)]
    picked = np.stack([rows / rows.sum() for rows in shown if rows.any()])
    return picked.mean(0)


def read(net: FindingClassifier, images: Tensor, batch: int = 64) -> np.ndarray:
    """Probabilities (N, K) of images (N, 1, S, S) in [0, 1]."""
    with torch.inference_mode():
        return torch.cat([net(part).sigmoid() for part in images.split(batch)]).numpy()


def sample(world: World, n: int, seed: int, batch: int = 256) -> tuple[Tensor, np.ndarray]:
    """Images (n, 1, S, S) and attributes (n, K) of phantoms 0 to n - 1 of `seed`."""
    parts = [world.at(seed, np.arange(start, min(start + batch, n))) for start in range(0, n, batch)]
    return torch.cat([part.images for part in parts]), np.concatenate([attributes(part.values) for part in parts])

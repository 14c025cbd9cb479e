"""Read-outs: one net that reads every attribute a phantom has, told in its captions or not."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.classifiers.train_judge import imagenet
from causaray.cohorts.batches import augment
from causaray.cohorts.phantom.model import WORLD_NAMES, Values, slug
from causaray.cohorts.phantom.world import World
from causaray.nets.finding_classifier import FindingClassifier
from causaray.training.loop import Task, run

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

    Rare attributes are drawn as often as frequent ones: each row of a batch is picked to show, or to lack, one of them.
    """
    torch.manual_seed(seed)
    net = FindingClassifier(labels.shape[1], size, dropout=0.2)
    net.net = imagenet()
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.05)
    shown = [[np.flatnonzero(column == value) for value in (0, 1)] for column in labels.T]
    truth = torch.from_numpy(labels)

    def step(i: int) -> dict[str, float]:
        net.train()
        rows = _balanced(shown, batch, np.random.default_rng((seed, i)))  # not blurred: a device is two pixels wide
        loss = F.binary_cross_entropy_with_logits(net(augment(images[rows])), truth[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return {"loss": loss.item()}

    net.load_state_dict(run(Task({"net": net}, {"net": optimiser}, step, "net"), steps, out, f"readouts{seed}"))
    return net.eval().requires_grad_(False)


def _balanced(shown: Sequence[Sequence[np.ndarray]], batch: int, rng: np.random.Generator) -> np.ndarray:
    picked = [shown[int(rng.integers(len(shown)))][int(rng.integers(2))] for _ in range(batch)]
    return np.array([rng.choice(rows) for rows in picked])


def read(net: FindingClassifier, images: Tensor, batch: int = 64) -> np.ndarray:
    """Probabilities (N, K) of images (N, 1, S, S) in [0, 1]."""
    with torch.inference_mode():
        return torch.cat([net(part).sigmoid() for part in images.split(batch)]).numpy()


def sample(world: World, n: int, seed: int, batch: int = 256) -> tuple[Tensor, np.ndarray]:
    """Images (n, 1, S, S) and attributes (n, K) of phantoms 0 to n - 1 of `seed`."""
    parts = [world.at(seed, np.arange(start, min(start + batch, n))) for start in range(0, n, batch)]
    return torch.cat([part.images for part in parts]), np.concatenate([attributes(part.values) for part in parts])

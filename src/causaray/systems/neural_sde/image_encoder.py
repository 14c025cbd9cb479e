"""The image encoder phi: it learns to read the outcomes of day 0 off the image, and gives on what it reads."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from causaray.classifiers.labelled_rows import LabelledRows, even
from causaray.classifiers.train import train_classifier
from causaray.cohorts.batches import augment
from causaray.nets.guide import SmallTrunk, View
from causaray.systems.neural_sde.recipe import EncoderRun
from causaray.training.updates import adamw

AUGMENTED = 0.5
"""Strength of shift, scale, rotation and gamma: a severity is read off lengths, which those blur."""
FARTHEST = 6.0
"""Largest logit that is given on: what is sure is not surer than that."""


class ImageEncoder(nn.Module):
    """Images (B, 1, S, S) in [0, 1] to what is read of the F outcomes (B, F), as logits of about zero mean and unit
    deviation. `features` is the width of the layer that they are read from."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, outcomes: int, size: int, width: int, features: int) -> None:
        super().__init__()
        self.view = View(outcomes, SmallTrunk(width), size, features)
        self.register_buffer("mean", torch.zeros(outcomes))
        self.register_buffer("deviation", torch.ones(outcomes))

    def forward(self, images: Tensor) -> Tensor:
        read: Tensor = self.view.read(self.view.look(images)).clamp(-FARTHEST, FARTHEST)
        return (read - self.mean) / self.deviation

    @torch.inference_mode()
    def features(self, images: Tensor, batch: int = 128) -> np.ndarray:
        """float32 (B, F), a few images at a time."""
        return torch.cat([self(part) for part in images.split(batch)]).numpy()


def train_encoder(
    images: Tensor, outcomes: Tensor, plan: EncoderRun, seed: int, out: Path
) -> tuple[ImageEncoder, np.ndarray]:
    """Train on images (P, 1, S, S) with outcomes (P, F) in [0, 1], NaN unknown, and return the encoder and what the
    equation is to learn from, (P, F). Resumes out/encoder*.pt.

    What an encoder reads of images that it learned from looks surer than it is of new ones, and the equation would
    rely on it too much. So each half of the patients is read by an encoder of the other half; the one that is returned
    learned from all.
    """
    encoder, crossed = trained(images, outcomes, plan, seed, out, "encoder"), np.empty(outcomes.shape, np.float32)
    halves = np.array_split(np.random.default_rng(seed).permutation(len(images)), 2)
    for i, (half, other) in enumerate([halves, halves[::-1]]):
        reader = trained(images[half], outcomes[half], plan, seed, out, f"encoder-{i}")
        crossed[other] = reader.features(images[other])
    mean, deviation = crossed.mean(0), crossed.std(0).clip(1e-4)
    encoder.mean.copy_(torch.from_numpy(mean))
    encoder.deviation.copy_(torch.from_numpy(deviation))
    return encoder, (crossed - mean) / deviation


def trained(images: Tensor, outcomes: Tensor, plan: EncoderRun, seed: int, out: Path, name: str) -> ImageEncoder:
    """An encoder of these images alone, its logits as they are. Resumes out/<name>.pt."""
    torch.manual_seed(seed)
    encoder = ImageEncoder(outcomes.shape[1], images.shape[-1], plan.width, plan.features)
    train_classifier(
        _Reader(encoder.view),
        LabelledRows(lambda rows: images[rows].numpy(), outcomes, even(len(images)), bf16=True), _read_error,
        adamw(encoder.view, plan.lr), lambda x: augment(x, AUGMENTED),
        batch=plan.batch, steps=plan.steps, seed=seed, out=out, name=name,
    )  # fmt: skip
    return encoder.eval()


class _Reader(nn.Module):
    """Logits (B, F) of the outcomes of day 0."""

    def __init__(self, view: View) -> None:
        super().__init__()
        self.view = view

    def forward(self, images: Tensor) -> Tensor:
        return self.view.read(self.view.look(images))


def _read_error(logits: Tensor, outcomes: Tensor, rows: Tensor) -> Tensor:
    known = outcomes.isfinite()
    return nn.functional.mse_loss(logits.sigmoid()[known], outcomes[known])

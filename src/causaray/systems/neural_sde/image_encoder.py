"""The image encoder phi: it learns to read the outcomes of day 0 off the image, and gives on what it reads them by."""

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


class ImageEncoder(nn.Module):
    """Images (B, 1, S, S) in [0, 1] to features (B, E) of about zero mean and unit deviation."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, outcomes: int, size: int, width: int, features: int) -> None:
        super().__init__()
        self.view = View(outcomes, SmallTrunk(width), size, features)
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("deviation", torch.ones(features))

    def forward(self, images: Tensor) -> Tensor:
        seen: Tensor = self.view.features(self.view.look(images))
        return (seen - self.mean) / self.deviation

    @torch.inference_mode()
    def features(self, images: Tensor, batch: int = 128) -> np.ndarray:
        """float32 (B, E), a few images at a time."""
        return torch.cat([self(part) for part in images.split(batch)]).numpy()


def train_encoder(images: Tensor, outcomes: Tensor, plan: EncoderRun, seed: int, out: Path) -> ImageEncoder:
    """Train on images (P, 1, S, S) with outcomes (P, F) in [0, 1], NaN unknown. Resumes out/encoder.pt."""
    torch.manual_seed(seed)
    encoder = ImageEncoder(outcomes.shape[1], images.shape[-1], plan.width, plan.features)
    train_classifier(
        _Reader(encoder.view),
        LabelledRows(lambda rows: images[rows].numpy(), outcomes, even(len(images)), bf16=True), _read_error,
        adamw(encoder.view, plan.lr), lambda x: augment(x, AUGMENTED),
        batch=plan.batch, steps=plan.steps, seed=seed, out=out, name="encoder",
    )  # fmt: skip
    encoder.eval()
    raw = torch.from_numpy(encoder.features(images))
    encoder.mean.copy_(raw.mean(0))
    encoder.deviation.copy_(raw.std(0).clamp(min=1e-4))
    return encoder


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

"""Losses that several trainings share."""

import torch
from torch import Tensor


def masked_bce(logits: Tensor, labels: Tensor, positive_weight: Tensor | None = None) -> Tensor:
    """Binary cross-entropy over the known entries of labels (B, n): 1, 0, NaN unknown. Zero when nothing is known."""
    known = ~labels.isnan()
    loss = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, labels.nan_to_num(), pos_weight=positive_weight, reduction="none"
    )
    return (loss * known).sum() / known.sum().clamp(min=1)


def positive_weights(labels: Tensor, most: float = 8.0) -> Tensor:
    """Weight of the positives of each column so that both classes count alike, at most `most` (long tail)."""
    positive, negative = (labels == 1).sum(0), (labels == 0).sum(0)
    return (negative / positive.clamp(min=1)).clamp(1.0, most)


def label_evidence(labels: Tensor) -> Tensor:
    """1 / 0 / NaN labels as present 1, absent -1, unknown 0."""
    return (2 * labels - 1).nan_to_num(0.0)

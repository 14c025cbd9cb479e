"""Losses that several trainings share."""

import torch
from torch import Tensor


def masked_bce(logits: Tensor, labels: Tensor, positive_weight: Tensor | None = None) -> Tensor:
    """Binary cross-entropy over the known entries of labels (B, n): 0 to 1, NaN unknown. Zero when nothing is known."""
    known = ~labels.isnan()
    loss = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, labels.nan_to_num(), pos_weight=positive_weight, reduction="none"
    )
    return (loss * known).sum() / known.sum().clamp(min=1)


def positive_weights(labels: Tensor, most: float = 8.0) -> Tensor:
    """Weight of the positives of each column so that both classes count alike, at most `most` (long tail)."""
    positive, negative = (labels > 0).sum(0), (labels == 0).sum(0)
    return (negative / positive.clamp(min=1)).clamp(1.0, most)


def label_evidence(labels: Tensor) -> Tensor:
    """Labels as evidence: absent (0) is -1, unknown (NaN) 0, present 0.3 (a trace) to 1 (as severe as can be)."""
    return torch.where(labels > 0, 0.3 + 0.7 * labels, -1.0).where(~labels.isnan(), 0.0)

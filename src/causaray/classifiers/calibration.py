"""From logits to probabilities and to a yes or no: a line a finding, and a threshold."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from causaray.errors import BadInput
from causaray.nets.finding_classifier import FindingClassifier

FLATTEST = 0.05
"""The least slope of a line: more of a logit is never less of a finding."""


class Calibratable(Protocol):
    """Images (B, 1, H, W) in [0, 1] to logits (B, n), and the line of each finding: slope and shift (n,)."""

    slope: Tensor
    shift: Tensor

    def logits(self, images: Tensor) -> Tensor: ...


class Calibrated(nn.Module):
    """Any net that gives logits, and a line that makes each of them a probability."""

    slope: Tensor
    shift: Tensor

    def __init__(self, net: nn.Module, n_findings: int) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("slope", torch.ones(n_findings))
        self.register_buffer("shift", torch.zeros(n_findings))

    @property
    def members(self) -> list[nn.Module]:
        """Its one net, by whose features the evaluation compares images. Raises BadInput for one that has none such."""
        if not isinstance(self.net, FindingClassifier):
            raise BadInput(
                "Images are compared by the features of a judge with the backbone efficientnet-lite0, and this one has "
                "another; leave out of --suite what compares images."
            )
        return [self.net]

    def logits(self, images: Tensor) -> Tensor:
        """(B, 1, H, W) in [0, 1] to logits (B, n), not calibrated."""
        return self.net(images).float()

    def log_odds(self, images: Tensor) -> Tensor:
        """(B, 1, H, W) in [0, 1] to calibrated log odds (B, n): slope * logit + shift (Platt 1999)."""
        return self.logits(images) * self.slope + self.shift

    def forward(self, images: Tensor) -> Tensor:
        """(B, 1, H, W) in [0, 1] to probabilities (B, n)."""
        return self.log_odds(images).sigmoid()


@torch.no_grad()
def calibrate(
    net: Calibratable,
    images: Callable[[np.ndarray], np.ndarray],
    labels: np.ndarray,
    weight: np.ndarray | None = None,
) -> None:
    """Fit the lines of a net, on the CPU, on N images that it has not learned from.

    images: row numbers (B,) to images (B, 1, S, S), such as `Cohort.images`. labels: (N, n), 1, 0 or NaN unknown.
    weight: how much each image counts, (N,); all alike when None.
    """
    parts = np.array_split(np.arange(len(labels)), len(labels) // 64 + 1)
    logits = torch.cat([net.logits(torch.from_numpy(images(part))) for part in parts]).numpy()
    slope, shift = lines(logits, labels, weight)
    net.slope.copy_(torch.from_numpy(slope))
    net.shift.copy_(torch.from_numpy(shift))


def lines(logits: np.ndarray, labels: np.ndarray, weight: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Slope and shift (n,) of each finding's line from logits (N, n) (Platt 1999); 1 and 0 without both classes."""
    from sklearn.linear_model import LogisticRegression

    slope, shift = np.ones(labels.shape[1], np.float32), np.zeros(labels.shape[1], np.float32)
    for j, column in enumerate(labels.T):
        known = np.isfinite(column)
        if len(np.unique(column[known])) == 2:
            counts = None if weight is None else weight[known]
            line = LogisticRegression().fit(logits[known, j : j + 1], column[known], counts)
            slope[j], shift[j] = max(float(line.coef_[0, 0]), FLATTEST), float(line.intercept_[0])
    return slope, shift


def youden(truth: np.ndarray, score: np.ndarray) -> float:
    """The threshold of the largest sensitivity + specificity; 0.5 where truth (N,), NaN unknown, has not both."""
    from sklearn.metrics import roc_curve

    known = np.isfinite(truth)
    if len(np.unique(truth[known])) < 2:
        return 0.5
    false, true, thresholds = roc_curve(truth[known], score[known])
    return float(np.clip(thresholds[np.argmax(true - false)], 0, 1))

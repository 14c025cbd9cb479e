"""The downstream classifier of Table 5: a ResNet-18 from scratch, and what it reaches on real test images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from causaray.classifiers.backbones import resnet
from causaray.classifiers.calibration import youden
from causaray.classifiers.groups import empirical_risk
from causaray.classifiers.labelled_rows import LabelledRows, even
from causaray.classifiers.train import train_classifier as trained
from causaray.cohorts import Cohort
from causaray.cohorts.batches import augment
from causaray.cohorts.trust import trusted_labels
from causaray.devices import autocast, resolved
from causaray.evaluation.statistics.auroc import auroc
from causaray.evaluation.statistics.f1 import f1

BATCH, RATE, DECAY = 32, 1e-3, 0.05
MEASURES = ("auc", "accuracy", "sensitivity", "specificity", "ppv", "npv", "f1")


def evenly(labels: np.ndarray) -> np.ndarray:
    """Naive oversampling: the chance (N,) that a row is drawn, so that the rarest of its findings is seen as often as
    the most common one is."""
    counts = (labels == 1).sum(0)
    times = counts.max() / np.maximum(counts, 1)
    weight = np.where((labels == 1).any(1), ((labels == 1) * times).max(1), 1.0)
    return weight / weight.sum()


def train_classifier(
    rows: Cohort, names: Sequence[str], out: Path, *, steps: int, seed: int, chance: np.ndarray | None = None
) -> nn.Module:
    """Train on rows, drawn with `chance` (N,), evenly without; every training has as many updates as any other.

    Unknown labels teach nothing. Resumes what `out` holds.
    """
    torch.manual_seed(seed)
    net, labels = resnet("resnet-18", len(names), rows.size), torch.from_numpy(trusted_labels(rows, names)).float()
    chance = even(len(rows)) if chance is None else chance
    return trained(
        net, LabelledRows(rows.images, labels, chance, bf16=True), empirical_risk(),
        torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY), augment,
        batch=BATCH, steps=steps, seed=seed, out=out, name=f"classifier-{seed}",
    )  # fmt: skip


@torch.no_grad()
def predicted(net: nn.Module, rows: Cohort) -> np.ndarray:
    """Probabilities (N, n) of the images of rows."""
    parts = np.array_split(np.arange(len(rows)), max(1, len(rows) // 128))
    with autocast(resolved("cpu"), bf16=True):
        return torch.cat([net(torch.from_numpy(rows.images(part))).float() for part in parts]).sigmoid().numpy()


@dataclass(frozen=True)
class Downstream:
    """What a classifier reaches on the test rows: measure -> finding -> value; findings without both classes lack."""

    measures: Mapping[str, Mapping[str, float]]

    def mean(self, measure: str, findings: Sequence[str]) -> float | None:
        """The mean of a measure over those of the findings that have one."""
        known = [self.measures[measure][f] for f in findings if f in self.measures[measure]]
        return float(np.mean(known)) if known else None


def downstream(net: nn.Module, names: Sequence[str], tuned: Cohort, test: Cohort) -> Downstream:
    """MEASURES of each finding on `test`, at the threshold of the best Youden index on `tuned`."""
    truth, score = trusted_labels(test, names), predicted(net, test)
    own, at = trusted_labels(tuned, names), predicted(net, tuned)
    found: dict[str, dict[str, float]] = {measure: {} for measure in MEASURES}
    for j, name in enumerate(names):
        known = np.isfinite(truth[:, j])
        if len(np.unique(truth[known, j])) == 2:
            threshold = youden(own[:, j], at[:, j])
            values = counted(truth[known, j], score[known, j], threshold)
            for measure, value in values.items():
                if np.isfinite(value):
                    found[measure][name] = value
    return Downstream(found)


def counted(truth: np.ndarray, score: np.ndarray, threshold: float) -> dict[str, float]:
    """MEASURES of scores (N,) against truth (N,), 1 or 0; a share of nothing is NaN."""
    called, ill = score >= threshold, truth == 1
    share = {
        "accuracy": (called == ill, np.ones_like(ill)),
        "sensitivity": (called, ill),
        "specificity": (~called, ~ill),
        "ppv": (ill, called),
        "npv": (~ill, ~called),
    }
    shares = {name: float(of[among].mean()) if among.any() else float("nan") for name, (of, among) in share.items()}
    return {"auc": auroc(truth, score), **shares, "f1": f1(truth, called)}

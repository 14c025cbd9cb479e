"""Batches for training: balanced over cohorts, augmented, with the labels that are known."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class TrainingSet:
    """images (Cohort.images) reads rows as float32 (B, 1, S, S) in [0, 1]: no cohort is ever copied to memory.

    labels (N, n): 0 absent, to 1 present (severity, if graded), NaN unknown, group (N,) cohort number.
    """

    images: Callable[[np.ndarray], np.ndarray]
    labels: np.ndarray
    group: np.ndarray


@dataclass(frozen=True)
class Batch:
    """images (B, 1, S, S) in [0, 1]; labels (B, n) as above; donor (B,) row of a partner of the same cohort.

    rows (B,) tells which rows of the cohort they are.
    """

    images: Tensor
    labels: Tensor
    donor: Tensor
    rows: Tensor


Draw = Callable[[int], Batch]
"""The batch of a step: the same whenever it is asked for, so that a resumed training goes on with the next."""


def augment(x: Tensor, strength: float = 1.0, generator: torch.Generator | None = None) -> Tensor:
    """Small shift, scale, rotation and gamma, as between two exposures of a patient. No flips: hearts have a side.

    The channels of images (B, C, S, S) in [0, 1] are films of one exposure: they are moved and exposed alike.
    """
    angle, stretch, dx, dy, exposure = strength * torch.randn(5, len(x), generator=generator)
    angle, scale, shift = 0.04 * angle, 1 + 0.05 * stretch, 0.04 * torch.stack([dx, dy], 1)
    cos, sin = angle.cos() * scale, angle.sin() * scale
    theta = torch.stack([torch.stack([cos, -sin, shift[:, 0]], 1), torch.stack([sin, cos, shift[:, 1]], 1)], 1)
    grid = torch.nn.functional.affine_grid(theta, list(x.shape), align_corners=False)
    moved = torch.nn.functional.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return moved.clamp(1e-4, 1) ** (0.12 * exposure).exp().view(-1, 1, 1, 1)


def batches(data: TrainingSet, batch: int, seed: int, strength: float = 1.0) -> Draw:
    """Batches of batch // 2 pairs. A pair is of one cohort, so that a swap never carries the cohort along.

    Cohorts are drawn with the root of their size: a small one is seen often enough, a large one does not drown it. Half
    of the partners are drawn by finding, all findings alike, so that the tail is swapped as often as the head.
    """
    groups, counts = np.unique(data.group, return_counts=True)
    members = [np.flatnonzero(data.group == g) for g in groups]
    shown = [_rows_by_finding(data.labels, rows) for rows in members]
    share = np.sqrt(counts) / np.sqrt(counts).sum()
    labels = torch.from_numpy(data.labels.astype(np.float32))
    partner = torch.arange(2 * (batch // 2)) ^ 1

    def pair(g: int, rng: np.random.Generator) -> list[int]:
        by_finding = shown[g] and rng.random() < 0.5
        second = shown[g][rng.integers(len(shown[g]))] if by_finding else members[g]
        return [rng.choice(members[g]), rng.choice(second)]

    def draw(step: int) -> Batch:
        rng = np.random.default_rng((seed, step))
        rows = np.array([row for g in rng.choice(len(groups), size=batch // 2, p=share) for row in pair(g, rng)])
        images = torch.from_numpy(data.images(rows))
        if strength:
            images = augment(images, strength, torch.Generator().manual_seed(int(rng.integers(2**62))))
        return Batch(images, labels[rows], partner, torch.from_numpy(rows))

    return draw


def _rows_by_finding(labels: np.ndarray, rows: np.ndarray) -> list[np.ndarray]:
    found = [rows[labels[rows, j] > 0] for j in range(labels.shape[1])]
    return [some for some in found if len(some)]

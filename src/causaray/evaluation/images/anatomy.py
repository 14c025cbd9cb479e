"""Did the outlines of lungs and heart move, by the lung fields of `lungs.py`."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from causaray.evaluation.images.lungs import lung_masks, plausible
from causaray.evaluation.statistics.bootstrap import Estimate, known_mean, mean_interval

HEART = 0.5, 0.8
"""Between the top and the bottom of the rows that both lungs share: where the heart is widest, above the diaphragm."""
NOISE = 0.01
MARGIN = 0.05
"""By which the thorax is wider than the lungs found in it, as a share of the image."""


def overlap(masks: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Dice coefficient of lungs (N, 2, H, W), both sides together: (N,), 1 where they are the same."""
    whole = masks.sum((1, 2, 3)) + others.sum((1, 2, 3))
    return 2 * (masks & others).sum((1, 2, 3)) / whole.clip(1)


def widths(masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Width of heart and of thorax between lungs (N, 2, H, W), as shares of the image width: (N,) each.

    The thorax from the outermost point of one lung to that of the other; the heart as the widest gap between them in
    the rows of HEART. On real images their ratio ranks cardiomegaly (AUROC 0.77 on `nih`), but is smaller than the one
    read off by eye, which follows the heart where no lung lies beside it. NaN where a side has no lung.
    """
    rows, columns = np.arange(masks.shape[2]), np.arange(masks.shape[3])
    right, left = masks[:, 0], masks[:, 1]
    outer = np.where(left.any(1), columns, -1).max(1) + 1 - np.where(right.any(1), columns, len(columns)).min(1)
    gap = np.where(left, columns, len(columns)).min(2) - np.where(right, columns, -1).max(2) - 1
    both = right.any(2) & left.any(2)
    top = np.where(both, rows, len(rows)).min(1)[:, None]
    height = np.where(both, rows, -1).max(1)[:, None] - top
    where = both & (rows >= top + HEART[0] * height) & (rows <= top + HEART[1] * height)
    known = where.any(1)
    heart = np.where(where, gap, -1).max(1)
    return np.where(known, heart / len(columns), np.nan), np.where(known, outer / len(columns), np.nan)


def thorax(masks: np.ndarray, size: int) -> Tensor:
    """Where a finding may change an image: the box about both lungs (N, 2, H, W), bool (N, 1, size, size).

    With MARGIN on each side and twice that below, for what stands under the lungs; the whole image where the lungs are
    not `plausible`, so that nothing is said to be outside.
    """
    lungs = masks.max(1)
    box = _between(lungs.max(2), MARGIN, 2 * MARGIN)[:, :, None] & _between(lungs.max(1), MARGIN, MARGIN)[:, None]
    found = torch.from_numpy(box | ~plausible(masks)[:, None, None])[:, None]
    return torch.nn.functional.interpolate(found.float(), size=(size, size)) > 0.5


def anatomy(
    real: Tensor, made: Mapping[str, Tensor], patients: np.ndarray, seed: int = 0
) -> dict[str, dict[str, Estimate | None] | Estimate]:
    """How far the outlines in each set of images `made` (N, 1, S, S) are from those in real, row by row.

    "segmented" is the share of real images whose lungs are `plausible`; the rest are left out. Of each kind: "dice",
    mean overlap of the lungs; "lost", share of images in which they are not plausible any more, and left out of the
    others; "heart" and "thorax", mean absolute change of their `widths`; "cardiothoracic", of their ratio, and
    "cardiothoracic_signed", its mean change, positive where hearts grew. Controls: "noise", the real images with a
    grain of 1 %, what this measure takes for movement where there is none; "stranger", the real image of another.
    """
    masks, rng = lung_masks(real), np.random.default_rng(seed)
    noise = torch.from_numpy(rng.normal(0, NOISE, real.shape).astype(np.float32))
    controls = {"noise": (real + noise).clamp(0, 1), "stranger": real[strangers(patients)]}
    known = plausible(masks)
    return {"segmented": mean_interval(known, patients, seed=seed)} | {
        kind: {
            name: known_mean(np.where(known, values, np.nan), patients, seed=seed)
            for name, values in _moved(masks, lung_masks(x)).items()
        }
        for kind, x in {**made, **controls}.items()
    }


def strangers(patients: np.ndarray) -> np.ndarray:
    """For each row the number of a row of another patient, each about as often: (N,); own where there is no other."""
    order = np.argsort(patients, kind="stable")
    step = np.bincount(np.unique(patients, return_inverse=True)[1]).max()
    found = np.empty(len(order), int)
    found[order] = np.roll(order, -step)
    return found


def _between(present: np.ndarray, before: float, after: float) -> np.ndarray:
    """present (N, L) filled from its first to its last, and so far beyond as shares of L say."""
    at, length = np.arange(present.shape[1]), present.shape[1]
    first = np.where(present, at, length).min(1)[:, None] - before * length
    last = np.where(present, at, -1).max(1)[:, None] + after * length
    return (at >= first) & (at <= last)


def _moved(masks: np.ndarray, others: np.ndarray) -> dict[str, np.ndarray]:
    (heart, chest), (other_heart, other_chest) = widths(masks), widths(others)
    ratio = other_heart / other_chest - heart / chest
    lost = ~plausible(others)
    moved = {
        "dice": overlap(masks, others),
        "heart": np.abs(other_heart - heart),
        "thorax": np.abs(other_chest - chest),
        "cardiothoracic": np.abs(ratio),
        "cardiothoracic_signed": ratio,
    }
    return {"lost": lost.astype(float)} | {name: np.where(lost, np.nan, values) for name, values in moved.items()}

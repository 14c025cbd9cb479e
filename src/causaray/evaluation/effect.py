"""Does the judge see the finding that was asked for, and nothing else?"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.evaluation.auroc import auroc
from causaray.evaluation.bootstrap import Estimate, estimate, mean_interval
from causaray.nets.guide import blur

Predict = Callable[[Tensor], np.ndarray]
"""Images (B, 1, H, W) -> the judge's probabilities of its findings (B, n)."""

NOISE, SHIFT, SIGMA = 0.02, 3, 1.5


def shifted(x: Tensor) -> Tensor:
    """Images (B, 1, H, W) moved down and right by SHIFT pixels, their border repeated."""
    return torch.nn.functional.pad(x, (SHIFT, 0, SHIFT, 0), mode="replicate")[..., :-SHIFT, :-SHIFT]


COPIES: dict[str, Callable[[Tensor], Tensor]] = {
    "as_edited": lambda x: x,
    "low_passed": lambda x: blur(x, SIGMA).clamp(0, 1),
    "noised": lambda x: (x + NOISE * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1),
    "shifted": shifted,
}
"""What an eye forgives: an effect that vanishes on one of these was never seen by an eye."""


def separation(
    added: np.ndarray, removed: np.ndarray, patients: np.ndarray, draws: int = 1000, seed: int = 0
) -> Estimate:
    """AUROC of the scores of images edited to show a finding against the same images edited not to, by patient."""

    def area(rows: np.ndarray) -> float:
        return auroc(np.repeat([1, 0], len(rows)), np.concatenate([added[rows], removed[rows]]))

    return estimate(area, patients, draws, seed)


def midway(truth: np.ndarray, score: np.ndarray) -> float:
    """The score between the mean of those with truth 1 and the mean of those with 0; 0.5 unless both are there."""
    middle = (score[truth == 1].mean() + score[truth == 0].mean()) / 2 if {0, 1} <= set(truth) else 0.5
    return float(middle)


Seen = dict[str, tuple[np.ndarray, np.ndarray]]
"""Copy -> the judge's probabilities (N, n) of the images with the finding added, and with it removed."""


def look(predict: Predict, added: Tensor, removed: Tensor) -> Seen:
    """What the judge says of the edits (N, 1, H, W), as they are and as each of COPIES."""
    return {name: (predict(copy(added)), predict(copy(removed))) for name, copy in COPIES.items()}


def effect(
    seen: Seen, column: int, before: np.ndarray, patients: np.ndarray, threshold: float = 0.5, seed: int = 0
) -> dict[str, Any]:
    """What editing to show and not to show finding `column` did; `before` (N, n) is the judge on the images themselves.

    `separation` on the edits and on each of COPIES; "raised", images whose score is higher with the finding than
    without; "flipped", images read as showing it with and not without, at `threshold`; the mean change of the asked
    finding, and the mean absolute change of all others. Controls: the copied input (both sides the image itself, 0.5
    by construction) and sides shuffled.
    """
    change = np.subtract(*seen["as_edited"])
    up, down = (side[:, column] for side in seen["as_edited"])
    before, swap = before[:, column], np.random.default_rng(seed).random(len(up)) < 0.5
    shuffled = separation(np.where(swap, up, down), np.where(swap, down, up), patients, seed=seed)
    return {
        **{name: separation(a[:, column], r[:, column], patients, seed=seed) for name, (a, r) in seen.items()},
        "raised": mean_interval(up > down, patients, seed=seed),
        "flipped": mean_interval((up >= threshold) & (down < threshold), patients, seed=seed),
        "mean_score": {"removed": float(down.mean()), "factual": float(before.mean()), "added": float(up.mean())},
        "change_asked": mean_interval(up - down, patients, seed=seed),
        "change_other": mean_interval(np.abs(np.delete(change, column, axis=1)).mean(1), patients, seed=seed),
        "control_copied": separation(before, before, patients, 1)["value"],
        "control_shuffled": shuffled,
    }


def mean_separation(sides: Sequence[tuple[np.ndarray, np.ndarray]], patients: np.ndarray, seed: int = 0) -> Estimate:
    """The mean AUROC of several findings; `sides` holds their scores (N,), added and removed, of the same N images."""

    def area(rows: np.ndarray) -> float:
        truth = np.repeat([1, 0], len(rows))
        return float(np.mean([auroc(truth, np.concatenate([a[rows], r[rows]])) for a, r in sides]))

    return estimate(area, patients, 500, seed)

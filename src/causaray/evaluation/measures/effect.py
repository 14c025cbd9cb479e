"""Does the judge see the finding that was asked for, and nothing else?"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.evaluation.statistics.auroc import auroc
from causaray.evaluation.statistics.bootstrap import Estimate, Statistic, estimate, mean_interval
from causaray.evaluation.statistics.f1 import edits_f1
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


def area(added: np.ndarray, removed: np.ndarray) -> Statistic:
    """AUROC of the scores (N,) of images edited to show a finding against the same images edited not to."""
    return lambda rows: auroc(np.repeat([1, 0], len(rows)), np.concatenate([added[rows], removed[rows]]))


def separation(
    added: np.ndarray, removed: np.ndarray, patients: np.ndarray, draws: int = 1000, seed: int = 0
) -> Estimate:
    """`area` with its interval by patient."""
    return estimate(area(added, removed), patients, draws, seed)


def surviving(whole: np.ndarray, copied: np.ndarray, patients: np.ndarray, seed: int = 0) -> Estimate:
    """The share of the edits' mean change, `whole` (N,), that is left in `copied` (N,), the same edits seen as a copy.

    1 is all of it, 0 nothing, below 0 the reverse. NaN, or a draw passed over, where the edits changed nothing in the
    direction asked for: nothing has no share.
    """

    def share(rows: np.ndarray) -> float:
        total = whole[rows].sum()
        return float(copied[rows].sum() / total) if total > 0 else float("nan")

    return estimate(share, patients, seed=seed)


def prediction_gain(
    before: np.ndarray, added: np.ndarray, removed: np.ndarray, patients: np.ndarray, seed: int = 0
) -> dict[str, Estimate]:
    """Counterfactual prediction gain of the judge's probabilities (N,) before, with the finding added, and removed.

    "cpg", the mean of |p(after) - p(before)| over images and both requests (Kumar et al., PRISM, arXiv 2503.00196, as
    recalled), counts a change the wrong way as a gain; "gain_added", mean of p(added) - p(before), and "gain_removed",
    of p(before) - p(removed), have the sign of the request (Nemirovsky et al., CounteRGAN, UAI 2022). The copied input
    and the null edit have 0. An image that shows the finding already has little to gain from adding it.
    """
    up, down = added - before, before - removed
    values = {"cpg": (np.abs(up) + np.abs(down)) / 2, "gain_added": up, "gain_removed": down}
    return {name: mean_interval(value, patients, seed=seed) for name, value in values.items()}


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
    without; "flipped", images read as showing it with and not without, at `threshold`, which is to come from real
    images (`midway`); "f1" at the same threshold; `prediction_gain`; the mean change of the asked finding, the mean
    absolute change of all others, and under "survives" the share of the former left on each copy. Controls: the copied
    input (both sides the image itself: area 0.5 by construction, F1 up to 2/3) and sides shuffled.
    """
    changes = {name: np.subtract(*sides) for name, sides in seen.items()}
    change = changes["as_edited"]
    up, down = (side[:, column] for side in seen["as_edited"])
    before, swap = before[:, column], np.random.default_rng(seed).random(len(up)) < 0.5
    shuffled = separation(np.where(swap, up, down), np.where(swap, down, up), patients, seed=seed)
    return {
        **{name: separation(a[:, column], r[:, column], patients, seed=seed) for name, (a, r) in seen.items()},
        "raised": mean_interval(up > down, patients, seed=seed),
        "flipped": mean_interval((up >= threshold) & (down < threshold), patients, seed=seed),
        "f1": estimate(edits_f1(up, down, threshold), patients, seed=seed),
        **prediction_gain(before, up, down, patients, seed),
        "mean_score": {"removed": float(down.mean()), "factual": float(before.mean()), "added": float(up.mean())},
        "change_asked": mean_interval(up - down, patients, seed=seed),
        "change_other": mean_interval(np.abs(np.delete(change, column, axis=1)).mean(1), patients, seed=seed),
        "survives": {
            name: surviving(change[:, column], seen_so[:, column], patients, seed)
            for name, seen_so in changes.items()
            if name != "as_edited"
        },
        "control_copied": separation(before, before, patients, 1)["value"],
        "control_copied_f1": edits_f1(before, before, threshold)(np.arange(len(before))),
        "control_shuffled": shuffled,
    }

"""Does the judge see the finding that was asked for?"""

from collections.abc import Callable

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor

from causaray.evaluation.bootstrap import interval
from causaray.nets.guide import blur

Score = Callable[[Tensor], np.ndarray]
"""Images (B, 1, H, W) -> the judge's score of one finding (B,)."""

NOISE, SHIFT, SIGMA = 0.02, 3, 1.5
COPIES: dict[str, Callable[[Tensor], Tensor]] = {
    "as edited": lambda x: x,
    "low-passed": lambda x: blur(x, SIGMA).clamp(0, 1),
    "noised": lambda x: (x + NOISE * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1),
    "shifted": lambda x: x.roll((SHIFT, SHIFT), dims=(2, 3)),
}
"""What an eye forgives: an effect that vanishes on one of these was never seen by an eye."""


def separation(added: np.ndarray, removed: np.ndarray, patients: np.ndarray, draws: int = 500) -> dict[str, float]:
    """AUROC of the scores of images edited to show a finding against the same images edited not to, by patient."""

    def auroc(rows: np.ndarray) -> float:
        truth = np.repeat([1, 0], len(rows))
        return float(roc_auc_score(truth, np.concatenate([added[rows], removed[rows]])))

    value, low, high = interval(auroc, patients, draws)
    return {"value": value, "low": low, "high": high, "n": len(added)}


def effect(score: Score, added: Tensor, removed: Tensor, factual: Tensor, patients: np.ndarray) -> dict[str, object]:
    """Separation on the edits and on each of COPIES, the share of patients whose score rises, and the controls.

    Controls: the copied input (both sides the factual image: 0.5 by construction) and shuffled sides.
    """
    measured: dict[str, object] = {
        name: separation(score(copy(added)), score(copy(removed)), patients) for name, copy in COPIES.items()
    }
    up, down, before = score(added), score(removed), score(factual)
    swap = np.random.default_rng(0).random(len(up)) < 0.5
    measured["raised"] = float((up > down).mean())
    measured["mean score"] = {"removed": float(down.mean()), "factual": float(before.mean()), "added": float(up.mean())}
    measured["control copied input"] = separation(before, before, patients, 50)["value"]
    measured["control shuffled sides"] = separation(np.where(swap, up, down), np.where(swap, down, up), patients, 50)
    return measured

"""Effect, as metrics.json holds it."""

from typing import Any

import numpy as np

from causaray.evaluation.auroc import auroc_interval
from causaray.evaluation.context import Context
from causaray.evaluation.effect import effect, mean_separation, midway


def measure(context: Context) -> dict[str, Any]:
    """ "effect", finding by finding, and "mean_effect"; leaves in the cohort where the judge changed most and least."""
    effects, sides = {}, []
    for finding, seen in context.seen.items():
        j = context.judge.names.index(finding)
        up, down = (scores[:, j] for scores in seen["as_edited"])
        context.edited.gains[finding] = up - down
        sides.append((up, down))
        truth, real, recon = (of[:, j] for of in (context.truth, context.real, context.reconstructed))
        effects[finding] = {
            "judge_real": judged(truth, real, context.patients, context.seed),
            "judge_reconstructed": judged(truth, recon, context.patients, context.seed),
            **effect(seen, j, context.real, context.patients, midway(truth, real), context.seed),
        }
    return {"effect": effects, "mean_effect": mean_separation(sides, context.patients, context.seed)}


def judged(truth: np.ndarray, score: np.ndarray, patients: np.ndarray, seed: int = 0) -> dict[str, float] | None:
    """The judge's own AUROC where truth (N,) is 1 or 0, not NaN; None when that is not both."""
    known = np.isfinite(truth)
    if len(np.unique(truth[known])) < 2:
        return None
    value, low, high = auroc_interval(truth[known], score[known], patients[known], seed=seed)
    return {"value": value, "low": low, "high": high, "n": int(known.sum()), "positives": int(truth[known].sum())}

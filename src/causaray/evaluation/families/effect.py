"""Effect, as metrics.json holds it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from causaray.evaluation.context import Context
from causaray.evaluation.measures.effect import area, effect, midway
from causaray.evaluation.measures.longtail import by_frequency
from causaray.evaluation.statistics.auroc import auroc_interval
from causaray.evaluation.statistics.f1 import edits_f1, real_f1


def measure(context: Context) -> dict[str, Any]:
    """What the judge says of the edits of each finding; leaves in the cohort by how much more it sees it."""
    found = {}
    for finding, seen in context.seen.items():
        up, down, j = sides(context, finding)
        context.edited.gains[finding] = up - down
        truth, real, recon = (of[:, j] for of in (context.truth, context.real, context.reconstructed))
        threshold = midway(truth, real)
        found[finding] = {
            "judge_real": judged(truth, real, context.patients, context.seed),
            "judge_reconstructed": judged(truth, recon, context.patients, context.seed),
            "judge_real_f1": real_f1(truth, real, threshold, context.patients, context.seed),
            **effect(seen, j, context.real, context.patients, threshold, context.seed),
        }
    return found


def over_findings(context: Context) -> dict[str, Any]:
    """Means over the findings: "auroc" and "f1" of "macro", and of the "head", "medium" and "tail" of frequency.

    Frequency is that in the cohorts the weights were trained on; of a folder of edited images only "macro" is known.
    """
    areas, f1 = {}, {}
    for finding in context.seen:
        up, down, j = sides(context, finding)
        areas[finding] = area(up, down)
        f1[finding] = edits_f1(up, down, midway(context.truth[:, j], context.real[:, j]))
    shown = context.own.shown() if context.own else {}
    counts = {finding: shown[finding] for finding in areas if finding in shown}
    return {
        name: by_frequency(statistics, counts, context.patients, context.seed)
        for name, statistics in (("auroc", areas), ("f1", f1))
    }


def judge_over_findings(found: Mapping[str, Any]) -> float | None:
    """The judge's own mean AUROC on real images, over the findings of `measure` that it could be asked for."""
    known = [one["judge_real"]["value"] for one in found.values() if one["judge_real"]]
    return float(np.mean(known)) if known else None


def sides(context: Context, finding: str) -> tuple[np.ndarray, np.ndarray, int]:
    """The judge's scores (N,) of the finding in images edited to show it, and not to, and its number among `names`."""
    j = context.judge.names.index(finding)
    up, down = (scores[:, j] for scores in context.seen[finding]["as_edited"])
    return up, down, j


def judged(truth: np.ndarray, score: np.ndarray, patients: np.ndarray, seed: int = 0) -> dict[str, float] | None:
    """The judge's own AUROC where truth (N,) is 1 or 0, not NaN; None when that is not both."""
    known = np.isfinite(truth)
    if len(np.unique(truth[known])) < 2:
        return None
    value, low, high = auroc_interval(truth[known], score[known], patients[known], seed=seed)
    return {"value": value, "low": low, "high": high, "n": int(known.sum()), "positives": int(truth[known].sum())}

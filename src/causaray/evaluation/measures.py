"""All measures of one cohort, family by family, with their intervals and controls."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts.trust import trusted_labels
from causaray.evaluation import features, realism, reconstruction
from causaray.evaluation.auroc import auroc_interval
from causaray.evaluation.bootstrap import mean_interval
from causaray.evaluation.edits import EditedCohort, Progress, kept
from causaray.evaluation.effect import COPIES, effect, look, mean_separation, midway
from causaray.evaluation.identity import identity
from causaray.evaluation.judge import Judge

SUITES = ("reconstruction", "effect", "identity", "realism")


def measure_cohort(
    edited: EditedCohort, judge: Judge, suite: Sequence[str], seed: int, tell: Progress
) -> dict[str, Any]:
    """The families of `suite` for one cohort, as metrics.json holds them."""
    found: dict[str, Any] = {
        "images": len(edited.rows),
        "patients": len(np.unique(edited.patients)),
        "null_edit_equal": edited.null_equal,
    }
    if "reconstruction" in suite:
        values = reconstruction.summary(edited.reconstruction, edited.factual)
        found["reconstruction"] = {k: mean_interval(v.numpy(), edited.patients, seed=seed) for k, v in values.items()}
    if "effect" in suite:
        found |= _effects(edited, judge, seed, tell)
    if "identity" in suite or "realism" in suite:
        found |= _feature_measures(edited, suite, seed, tell)
    return found


def _effects(edited: EditedCohort, judge: Judge, seed: int, tell: Progress) -> dict[str, Any]:
    def predict(images: Tensor) -> np.ndarray:
        return judge.predict(images).numpy()

    truth, patients = trusted_labels(edited.rows, judge.names), edited.patients
    real, recon = predict(edited.factual), predict(edited.reconstruction)
    effects, sides = {}, []
    for done, (finding, (added, removed)) in enumerate(edited.pairs.items(), 1):
        j, seen = judge.names.index(finding), look(predict, added, removed)
        up, down = (scores[:, j] for scores in seen["as_edited"])
        edited.gains[finding] = up - down
        sides.append((up, down))
        effects[finding] = {
            "judge_real": judged(truth[:, j], real[:, j], patients, seed),
            "judge_reconstructed": judged(truth[:, j], recon[:, j], patients, seed),
            **effect(seen, j, real, patients, midway(truth[:, j], real[:, j]), seed),
        }
        tell(f"judging {edited.name}", done, len(edited.pairs))
    return {"effect": effects, "mean_effect": mean_separation(sides, patients, seed)}


def judged(truth: np.ndarray, score: np.ndarray, patients: np.ndarray, seed: int = 0) -> dict[str, float] | None:
    """The judge's own AUROC where truth (N,) is 1 or 0, not NaN; None when that is not both."""
    known = np.isfinite(truth)
    if len(np.unique(truth[known])) < 2:
        return None
    value, low, high = auroc_interval(truth[known], score[known], patients[known], seed=seed)
    return {"value": value, "low": low, "high": high, "n": int(known.sum()), "positives": int(truth[known].sum())}


def sample_edits(edited: EditedCohort, seed: int) -> Tensor:
    """One added and one removed finding an image, drawn at random: (2, N, 1, S, S). Features dominate the run time."""
    rng, pairs, n = np.random.default_rng(seed), list(edited.pairs.values()), len(edited.rows)
    return torch.stack([
        torch.stack([pairs[f][side][i] for i, f in enumerate(rng.integers(len(pairs), size=n))]) for side in range(2)
    ])  # fmt: skip


def _feature_measures(edited: EditedCohort, suite: Sequence[str], seed: int, tell: Progress) -> dict[str, Any]:
    extract, images = features.inception(), sample_edits(edited, seed)

    def of(copy: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Features (N, d) of real and reconstructed, (2, N, d) of edited images, seen as the copy of that name."""
        found = []
        for what, x in (("real", edited.factual), ("reconstructed", edited.reconstruction), ("edited", images)):
            make = partial(
                features.features, extract, COPIES[copy](x.reshape(-1, *x.shape[-3:])), partial(tell, f"{what} {copy}")
            )
            found.append(kept(edited.store / f"features {what} {copy}.npy", make))
        return found[0], found[1], found[2].reshape(len(images), len(found[0]), -1)

    found: dict[str, Any] = {}
    real, recon, made = of("as_edited")
    if "identity" in suite:
        found["identity"] = identity(real, recon, made, edited.patients, seed)
        found["identity"]["low_passed"] = identity(*of("low_passed"), edited.patients, seed)
    if "realism" in suite:
        found["realism"] = realism.feature_distances(real, recon, made, edited.patients, seed)
        found["realism"] |= realism.power(edited.factual, edited.reconstruction, images, edited.patients)
    return found

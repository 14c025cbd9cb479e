"""What a probe reads from the channels: the finding should be in pathology alone, and the patient not in it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from causaray.evaluation.measures.longtail import mean_of
from causaray.evaluation.statistics.auroc import auroc
from causaray.evaluation.statistics.bootstrap import Estimate, Statistic, estimate, mean_interval
from causaray.evaluation.statistics.shuffling import shuffled

GRID, FOLDS, FEWEST, PENALTY = 8, 5, 10, 100.0
"""Side of the grid a probe sees; folds; fewest patients with a finding, and without, to ask; weight of its L2 norm."""

Answers = dict[str, tuple[np.ndarray, np.ndarray]]
"""Channel -> truth (N,) of a finding and what a probe of the channel says of it (N,), NaN where it is not known."""


def pooled(channels: np.ndarray) -> np.ndarray:
    """Channels (N, C, h, w) averaged to at most GRID x GRID and flattened: float32 (N, d). (N, d) stays as it is."""
    x = torch.from_numpy(np.asarray(channels, np.float32))
    if x.ndim == 4 and x.shape[-1] > GRID:
        x = torch.nn.functional.adaptive_avg_pool2d(x, GRID)
    return x.flatten(1).numpy()


def probe(features: np.ndarray, truth: np.ndarray, patients: np.ndarray, seed: int = 0) -> np.ndarray:
    """How much each row looks like truth 1 to a logistic regression that never saw its patient: (N,).

    features (N, d), truth (N,) 1 or 0. Cross-validated by patient with the classes spread evenly over the folds, else
    a fold rich in positives would be scored by a probe that saw few, and a probe of noise would fall below 0.5.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    regression = LogisticRegression(C=1 / PENALTY, class_weight="balanced", max_iter=300)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    model = make_pipeline(StandardScaler(), regression)
    return cross_val_predict(model, features, truth, groups=patients, cv=folds, method="decision_function")


def disentanglement(
    identity: np.ndarray,
    pathology: np.ndarray,
    labels: np.ndarray,
    patients: np.ndarray,
    names: Sequence[str],
    seed: int = 0,
) -> dict[str, Any]:
    """What identity and pathology channels (N, ...) give away of the findings and of the patient.

    labels: (N, F) of `names`: 1 present, 0 absent, NaN unknown. patients: (N,), one name one person.

    Returns: "findings": finding -> AUROC of a `probe` of "identity", which should be 0.5, and of "pathology", each
    beside the same with "..._shuffled" labels, and "pathology_minus_identity" in pairs; None for a finding that fewer
    than FEWEST patients show, or lack. "mean": the means over findings, {} when there is none. "patient":
    `reidentification` from either channel, where it is pathology that should give nothing away, except that a finding
    may last from visit to visit.
    """
    seen = {"identity": pooled(identity), "pathology": pooled(pathology)}
    answers = {name: _ask(seen, truth, patients, seed) for name, truth in zip(names, labels.T, strict=True)}
    asked = [one for one in answers.values() if one]
    return {
        "findings": {name: _areas(one, patients, seed) if one else None for name, one in answers.items()},
        "mean": {
            side: estimate(mean_of([_area(*one[side]) for one in asked]), patients, 500, seed)
            for side in (asked[0] if asked else ())
        },
        "patient": {side: reidentification(features, patients, seed) for side, features in seen.items()},
    }


def _ask(seen: dict[str, np.ndarray], truth: np.ndarray, patients: np.ndarray, seed: int) -> Answers | None:
    """What probes of every channel say of the labels and of shuffled ones; None for too few patients."""
    if min(len(np.unique(patients[truth == state])) for state in (0, 1)) < FEWEST:
        return None
    known = np.isfinite(truth)
    dealt = truth.copy()
    dealt[known] = shuffled(truth[known], patients[known], seed)
    answers = {}
    for side, features in seen.items():
        for name, labels in ((side, truth), (f"{side}_shuffled", dealt)):
            score = np.full(len(truth), np.nan)
            score[known] = probe(features[known], labels[known], patients[known], seed)
            answers[name] = (labels, score)
    return answers


def _area(truth: np.ndarray, score: np.ndarray) -> Statistic:
    """AUROC over those of the rows whose truth is known."""

    def area(rows: np.ndarray) -> float:
        known = rows[np.isfinite(truth[rows])]
        return auroc(truth[known], score[known])

    return area


def _areas(answers: Answers, patients: np.ndarray, seed: int) -> dict[str, Any]:
    truth = answers["identity"][0]
    known = np.flatnonzero(np.isfinite(truth))
    areas = {side: _area(labels[known], score[known]) for side, (labels, score) in answers.items()}
    areas["pathology_minus_identity"] = lambda rows: areas["pathology"](rows) - areas["identity"](rows)
    found = {side: estimate(area, patients[known], 500, seed) for side, area in areas.items()}
    return {**found, "positives": int((truth == 1).sum())}


def reidentification(features: np.ndarray, patients: np.ndarray, seed: int = 0) -> dict[str, Any] | None:
    """Does the nearest other image by features (N, d) belong to the same patient? Asked of patients with several.

    Features are standardised over the images, then compared by cosine with all others. "top1", beside "chance" and the
    same with the patients shuffled; the mean cosine of an image to the others of its patient, and to those of all
    others. None when no patient has several images.
    """
    z = (features - features.mean(0)) / features.std(0).clip(1e-6)
    z = z / np.linalg.norm(z, axis=1, keepdims=True).clip(1e-12)
    cosine, other = z @ z.T, ~np.eye(len(z), dtype=bool)
    nearest = np.where(other, cosine, -np.inf).argmax(1)
    same = patients[:, None] == patients
    asked = (same & other).any(1)
    if not asked.any():
        return None

    def top1(owners: np.ndarray) -> Estimate:
        several = ((owners[:, None] == owners) & other).any(1)
        return mean_interval((owners[nearest] == owners)[several], owners[several], seed=seed)

    def mean_cosine(to: np.ndarray) -> Estimate:
        return mean_interval((cosine * to).sum(1)[asked] / to.sum(1)[asked], patients[asked], seed=seed)

    return {
        "gallery": len(z),
        "top1": top1(patients),
        "top1_shuffled": top1(np.random.default_rng(seed).permutation(patients)),
        "chance": float((same & other)[asked].mean() * len(z) / (len(z) - 1)),
        "cosine_own": mean_cosine(same & other),
        "cosine_others": mean_cosine(~same),
    }

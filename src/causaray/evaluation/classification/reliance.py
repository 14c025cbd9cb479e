"""How far a classifier relies on an artifact: on counterfactuals, and exactly where both twins are known.

The formula of SCLS could not be found in what is published of arXiv 2308.10984; SCLS_d and SCLS_r are ours.
Probabilities are (N,) in [0, 1], patients (N,) say whose each image is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from causaray.errors import BadInput
from causaray.evaluation.statistics.auroc import auroc_interval
from causaray.evaluation.statistics.bootstrap import Estimate, estimate, known_mean, mean_interval


@dataclass(frozen=True)
class Response:
    """What a classifier says of images, `before`, and of their counterfactuals, `after`: (N,) each.

    Raises BadInput for numbers that are not finite.
    """

    before: np.ndarray
    after: np.ndarray

    def __post_init__(self) -> None:
        if not (np.isfinite(self.before).all() and np.isfinite(self.after).all()):
            raise BadInput("The model gives no finite numbers; check the grey values that it expects, and its weights.")

    @property
    def change(self) -> np.ndarray:
        return self.after - self.before


def scls(
    classifier: Response,
    artifact: Response,
    pathology: Response,
    patients: np.ndarray,
    threshold: float = 0.5,
    seed: int = 0,
) -> dict[str, Any]:
    """Reliance on an artifact as counterfactuals of the classifier f show it: SCLS_d and SCLS_r, ours.

    artifact: what an independent detector d says, to be held against `check_detector` first. pathology: what a judge p
    says that no artifact misleads. Asked are the images C whose counterfactual crossed f's threshold.

    Returns: "crossed", |C| / n; "scls_d", the mean over C of |d(x') - d(x)|, 0 of a classifier that ignores the
    artifact and 1 of one that latches on to it; "scls_r", the same as a share of itself and the mean of |p(x') - p(x)|:
    how much of the evidence is artifact. Both None where nothing crossed.
    """
    crossed = (classifier.before >= threshold) != (classifier.after >= threshold)
    moved, ill = np.abs(artifact.change), np.abs(pathology.change)

    def share(rows: np.ndarray) -> float:
        whole = moved[crossed][rows].sum() + ill[crossed][rows].sum()
        return float(moved[crossed][rows].sum() / whole) if whole else float("nan")

    return {
        "crossed": mean_interval(crossed, patients, seed=seed),
        "scls_d": known_mean(np.where(crossed, moved, np.nan), patients, seed=seed),
        "scls_r": estimate(share, patients[crossed], seed=seed) if crossed.any() else None,
    }


def do_effect(with_artifact: np.ndarray, without: np.ndarray, patients: np.ndarray, seed: int = 0) -> Estimate:
    """The true reliance of a classifier in a planted world: the mean of |f(do(a = 1)) - f(do(a = 0))|.

    Both are its probabilities of the true twins of the same images (N,). Raises BadInput for numbers not finite.
    """
    return mean_interval(np.abs(Response(without, with_artifact).change), patients, seed=seed)


def counterfactual_alignment(base: Response, other: Response, patients: np.ndarray, seed: int = 0) -> Estimate:
    """Correlation over images of what two classifiers answer to the same counterfactuals, made for `base`: -1 to 1.

    Cohen, Blankemeier and Chaudhari (TMLR 2025, arXiv 2312.02186): a classifier of a finding that a detector of an
    artifact follows uses the same pixels. NaN where either does not answer at all.
    """

    def correlation(rows: np.ndarray) -> float:
        one, two = (answer.change[rows] - answer.change[rows].mean() for answer in (base, other))
        scale = np.sqrt((one @ one) * (two @ two))
        return float(one @ two / scale) if scale > 0 else float("nan")

    return estimate(correlation, patients, seed=seed)


def check_detector(truth: np.ndarray, score: np.ndarray, patients: np.ndarray, seed: int = 0) -> dict[str, float]:
    """AUROC of an artifact's detector on images that it has not learned from: "auroc", "low", "high".

    truth (N,) is 1 where the artifact is. Raises BadInput where the artifact never varies, and for a detector that is
    not better than chance by its 95 % interval: what it says of counterfactuals would say nothing.
    """
    if len(np.unique(truth)) < 2:
        state = "every" if len(truth) and truth[0] else "no"
        raise BadInput(f"The artifact never varies: it is on {state} image, so reliance on it cannot be asked.")
    area, low, high = auroc_interval(truth, score, patients, seed=seed)
    if not low > 0.5:
        raise BadInput(
            f"The detector of the artifact is at chance (AUROC {area:.2f}, 95 % interval {low:.2f} to {high:.2f}); "
            "train a better one before anything is concluded from it."
        )
    return {"auroc": area, "low": low, "high": high}


def answered_most(edits: Sequence[Response], threshold: float = 0.5) -> np.ndarray:
    """Which of several edits of each image is the counterfactual of a classifier: its number (N,), -1 for none.

    Of those under which the classifier's answer crosses the threshold, the one that it answers most to. So an editor
    that knows nothing of a classifier, or a drawing, makes counterfactuals of any, without gradients.
    """
    before, after = (np.stack([getattr(one, key) for one in edits]) for key in ("before", "after"))
    size = np.where((before >= threshold) != (after >= threshold), np.abs(after - before), -1.0)
    return np.where(size.max(0) >= 0, size.argmax(0), -1)

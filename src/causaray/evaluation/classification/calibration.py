"""Does a probability of 0.7 come true seven times in ten?

Everywhere truth (N,) is 1 or 0 and score (N,) the probability of 1. Of several classes the top class is asked:
`ece(*top_class(labels, probabilities))`.
"""

from typing import Any

import numpy as np

from causaray.evaluation.statistics.bootstrap import estimate, mean_interval

BINS = 10
CELLS, HALVINGS = 1000, 25
"""Of the smooth calibration error: places at which the residuals are smoothed, and bisections for its bandwidth."""
CERTAIN = 100
"""Draws of the truth from the probabilities themselves, to learn what ECE a perfectly calibrated judge would get."""


def reliability(truth: np.ndarray, score: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Mean probability, share that came true, and number, in bins of equal mass (Nguyen and O'Connor 2015): (b, 3).

    truth (N,) is 1 or 0, score (N,) in [0, 1]; b is `bins`, or N where there are fewer. Rows rise in probability.
    """
    order = np.argsort(score, kind="stable")
    size = np.diff(np.linspace(0, len(order), min(bins, len(order)) + 1).astype(int))
    first = np.cumsum(size) - size
    sums = [np.add.reduceat(values[order], first) for values in (score.astype(float), truth.astype(float))]
    return np.stack([sums[0] / size, sums[1] / size, size], axis=1)


def ece(truth: np.ndarray, score: np.ndarray, bins: int = BINS) -> float:
    """Expected calibration error: the mean over bins of `reliability` of |predicted - observed|, by their number."""
    predicted, observed, n = reliability(truth, score, bins).T
    return float(n @ np.abs(predicted - observed) / n.sum())


def top_class(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether the likeliest of K classes is the label, float64 (N,), and how probable it was said to be, (N,).

    labels (N,) are class numbers, probabilities (N, K).
    """
    top = probabilities.argmax(1)
    return (top == labels).astype(float), probabilities[np.arange(len(top)), top]


def brier(truth: np.ndarray, score: np.ndarray) -> float:
    """The mean squared error of the probabilities."""
    return float(np.mean((score - truth) ** 2))


def smooth_ece(truth: np.ndarray, score: np.ndarray) -> float:
    """Smooth calibration error smECE of Blasiok and Nakkiran (2023, arXiv 2309.12236), in [0, 1].

    The residuals y - f, smoothed over f by a Gaussian that is reflected at 0 and 1, of bandwidth sigma:
    smECE_sigma is the integral over t of |mean of K_sigma(f, t) (y - f)|, which falls as sigma grows, and smECE is
    its value where it equals sigma. No bins are chosen. Residuals are gathered in CELLS cells.
    """
    from scipy.fft import dct, idct

    cell = np.minimum((score * CELLS).astype(int), CELLS - 1)
    residual = np.bincount(cell, weights=truth - score, minlength=CELLS) / len(truth)
    waves, order = dct(residual, norm="ortho"), np.pi * np.arange(CELLS)

    def at(sigma: float) -> float:  # the reflected Gaussian has the cosines as its eigenfunctions
        return float(np.abs(idct(waves * np.exp(-((order * sigma) ** 2) / 2), norm="ortho")).sum())

    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        sigma = (low + high) / 2
        low, high = (sigma, high) if at(sigma) > sigma else (low, sigma)
    return high


def calibration(truth: np.ndarray, score: np.ndarray, patients: np.ndarray, seed: int = 0) -> dict[str, Any] | None:
    """Calibration of the judge's probabilities (N,) where truth (N,) is 1 or 0, not NaN; None when that is nowhere.

    Before an edit the truth is the label of the real image; after, it is what was asked for: calibration(np.repeat([1,
    0], n), np.concatenate([added, removed]), np.tile(patients, 2)), which is calibrated only if every edit came true.

    Returns: "ece", whose interval is one of a figure that chance keeps above 0, and so beside it "ece_if_perfect", its
    mean were every probability exactly right; "brier", the mean squared error, beside "brier_of_prevalence", that of
    always saying the observed share; "curve", the points of `reliability`; "positives".
    """
    known = np.isfinite(truth)
    truth, score, patients = truth[known], score[known], patients[known]
    if not len(truth):
        return None
    rng = np.random.default_rng(seed)
    perfect = [ece(rng.random(len(score)) < score, score) for _ in range(CERTAIN)]
    return {
        "ece": estimate(lambda rows: ece(truth[rows], score[rows]), patients, 500, seed),
        "ece_if_perfect": float(np.mean(perfect)),
        "brier": mean_interval((score - truth) ** 2, patients, seed=seed),
        "brier_of_prevalence": float(truth.mean() * (1 - truth.mean())),
        "curve": [
            {"predicted": float(predicted), "observed": float(observed), "n": int(n)}
            for predicted, observed, n in reliability(truth, score)
        ],
        "positives": int(truth.sum()),
    }

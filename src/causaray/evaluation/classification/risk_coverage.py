"""Answers that are held back: how often a classifier errs on the images of which it is surest.

Everywhere correct (N,) is 1 or 0 and confidence (N,) any number, larger where it is surer. Images of equal confidence
are answered together in any order: each counts as the mean of them.
"""

import numpy as np

from causaray.classifiers.confidence import checked_coverage


def risk_coverage(correct: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coverage (N,), from 1/N to 1, and the error (N,) among the images answered at that coverage."""
    answered = np.arange(1, len(correct) + 1)
    return answered / len(correct), np.cumsum(1 - _surest_first(correct, confidence)) / answered


def aurc(correct: np.ndarray, confidence: np.ndarray) -> float:
    """Area under the risk-coverage curve (Geifman et al. 2019): the mean risk over coverages, 0 is best."""
    return float(risk_coverage(correct, confidence)[1].mean())


def accuracy_at(correct: np.ndarray, confidence: np.ndarray, coverage: float) -> float:
    """Accuracy on the share `coverage` in (0, 1] of the images of which the classifier is surest.

    Raises BadInput for a coverage outside of that.
    """
    kept = max(1, round(checked_coverage(coverage) * len(correct)))
    return float(_surest_first(correct, confidence)[:kept].mean())


def threshold_at(confidence: np.ndarray, coverage: float) -> float:
    """The confidence from which on a share `coverage` in (0, 1] of these images, not those of a test, is answered.

    Raises BadInput for a coverage outside of that.
    """
    return float(np.quantile(confidence, 1 - checked_coverage(coverage), method="lower"))


def _surest_first(correct: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Correctness (N,) by falling confidence, the mean of those that are equally sure."""
    _, level, counts = np.unique(-confidence, return_inverse=True, return_counts=True)
    return np.repeat(np.bincount(level, weights=correct) / counts, counts)

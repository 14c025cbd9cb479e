"""How far a classifier answers to a perturbation: change, its size, flips, each with an interval by patient."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from causaray.evaluation.audit.perturbations import ARTIFACTS, DISEASE, NULL, Pair
from causaray.evaluation.classification.reliance import Response, answered_most
from causaray.evaluation.images.extent import opacity
from causaray.evaluation.statistics.bootstrap import known_mean, mean_interval, ratio_of_means

Predict = Callable[[Tensor], np.ndarray]
"""Images (N, 1, S, S) to the probabilities (N, n) of the classifier's findings."""
SILENT = 1e-6
"""A mean change of the output below which a classifier does not answer to the disease at all."""


@dataclass(frozen=True)
class Answers:
    """What a classifier says of a pair, and of its control (None for the null edit): each (N, n)."""

    before: np.ndarray
    after: np.ndarray
    control: np.ndarray | None


def answers(predict: Predict, pairs: Mapping[str, Pair], seed: int) -> dict[str, Answers]:
    """Ask the classifier of every pair of images; of images that are in several pairs, once."""
    said: dict[int, np.ndarray] = {}

    def ask(images: Tensor) -> np.ndarray:
        if id(images) not in said:
            said[id(images)] = predict(images)
        return said[id(images)]

    return {
        name: Answers(ask(pair.before), ask(pair.after), None if name == NULL else predict(pair.control(seed)))
        for name, pair in pairs.items()
    }


def measure(
    said: Mapping[str, Answers], pairs: Mapping[str, Pair], column: int, threshold: float, patients: np.ndarray
) -> dict[str, Any]:
    """Of one finding, `column` of the answers: perturbation -> figures; `ratio` and `scls`, by artifact.

    `change` is the mean signed change of the probability, `size` the mean absolute one, `flipped` the share of images
    whose reading changes at the threshold; `control_size` and `control_flipped` are those of an equally large change
    of the pixels, `grey_levels` its mean (of 255). `ratio` is the size of an artifact's effect over the disease's, null
    for a classifier that does not answer to the disease. `scls` is SCLS_d, ours, of counterfactuals among the finding's
    edit and the artifact's drawing, as `latched` has it; null where neither ever changes a reading.
    """
    found = {
        name: _figures(one, column, threshold, patients) | {"grey_levels": _extent(pairs[name])}
        for name, one in said.items()
    }
    disease = _size(said[DISEASE], column)
    ratios = {
        name: ratio_of_means(_size(said[name], column), disease, patients) if disease.mean() > SILENT else None
        for name in ARTIFACTS
    }
    scls = {name: latched(said, name, column, threshold, patients) for name in ARTIFACTS}
    return {"perturbations": found, "ratio": ratios, "scls": scls}


def latched(
    said: Mapping[str, Answers], artifact: str, column: int, threshold: float, patients: np.ndarray
) -> dict[str, Any]:
    """How often the counterfactual of a classifier is an artifact, and not the disease: "crossed" and "scls_d".

    Offered are the finding's edit to the class that it does not say of the radiograph, and the artifact; its
    counterfactual is that which changes its reading, of two the one that it answers to more (`answered_most`). What is
    drawn is known, so that the detector of SCLS_d is exact: it is the share of the artifact among "crossed", those
    that have a counterfactual; None where none has.
    """
    added, removed, drawn = (said[name] for name in ("added", "removed", artifact))
    before = added.before[:, column]
    other = np.where(before >= threshold, removed.after[:, column], added.after[:, column])
    edits = [Response(before, other), Response(drawn.before[:, column], drawn.after[:, column])]
    chosen = answered_most(edits, threshold)
    return {
        "crossed": mean_interval(chosen >= 0, patients),
        "scls_d": known_mean(np.where(chosen >= 0, chosen, np.nan), patients),
    }


def _figures(one: Answers, column: int, threshold: float, patients: np.ndarray) -> dict[str, Any]:
    before, after = one.before[:, column], one.after[:, column]
    found = {"change": mean_interval(after - before, patients)}
    found |= _effect("", before, after, threshold, patients)
    if one.control is not None:
        found |= _effect("control_", before, one.control[:, column], threshold, patients)
    return found


def _effect(prefix: str, before: np.ndarray, after: np.ndarray, threshold: float, patients: np.ndarray) -> dict:
    flipped = ((before >= threshold) != (after >= threshold)).astype(float)
    sizes = {"size": np.abs(after - before), "flipped": flipped}
    return {prefix + name: mean_interval(values, patients) for name, values in sizes.items()}


def _size(one: Answers, column: int) -> np.ndarray:
    return np.abs(one.after[:, column] - one.before[:, column])


def _extent(pair: Pair) -> float:
    return float(opacity(pair.after - pair.before).mean())

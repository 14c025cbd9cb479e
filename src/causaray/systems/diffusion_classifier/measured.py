"""The figures of a world: what read-outs and rivals make of its test images."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from causaray.classifiers.calibration import lines
from causaray.evaluation.classification.calibration import ece
from causaray.evaluation.classification.paired import mcnemar
from causaray.evaluation.classification.risk_coverage import accuracy_at, aurc
from causaray.evaluation.classification.worst_group import group_accuracy
from causaray.evaluation.statistics.auroc import auroc
from causaray.evaluation.statistics.bootstrap import estimate, mean_interval
from causaray.systems.diffusion_classifier.decisions import DECISIONS, Evidence, bin_weights, score
from causaray.systems.diffusion_classifier.stopping import choose_bound, drawn_until, stopped_scores
from causaray.systems.diffusion_classifier.worlds import Part, World

DRAWS = (1, 3, 5, 11, 25, 51, 101, 251, 501)
"""The paper's."""
ORDERS = 20
"""Random orders of the draws, in which they are as good as drawn independently."""
HALF = 0.5


@dataclass(frozen=True)
class Scores:
    """Of the test images: `said` (N,), bool, whether the finding is called; `probability` (N,), calibrated on val."""

    said: np.ndarray
    probability: np.ndarray
    correct: np.ndarray
    confidence: np.ndarray

    def against(self, other: "Scores") -> dict[str, float]:
        """McNemar's test of the two."""
        return mcnemar(self.correct, other.correct)

    def figures(self, world: World, rival: "Scores") -> dict[str, Any]:
        """Accuracy and what else is known of it, with intervals by patient, and McNemar's test against a rival.

        "tuned": the accuracy at the threshold of split val, where "accuracy" is at the score's own zero.
        """
        test = world.test
        tuned = ((self.probability > 0.5) == test.present).astype(float)
        found = {
            "accuracy": mean_interval(self.correct, test.patients),
            "tuned": mean_interval(tuned, test.patients),
            "auroc": auroc(test.present, self.probability),
            "half": estimate(
                lambda rows: accuracy_at(self.correct[rows], self.confidence[rows], HALF), test.patients, draws=300
            ),
            "aurc": estimate(lambda rows: aurc(self.correct[rows], self.confidence[rows]), test.patients, draws=300),
            "ece": ece(test.present.astype(float), self.probability),
            "mcnemar": self.against(rival),
        }
        if world.groups:
            found["groups"] = group_accuracy(self.correct, test.group, world.groups, test.patients)
        return found


def by_decision(world: World, val: Evidence, test: Evidence, bins: np.ndarray) -> dict[str, Scores]:
    """The scores of each decision on all draws; lines and weights are of split val."""
    weights = bin_weights(val, world.val.present, bins)[bins]
    return {name: _scores(name, world, val, test, weights) for name in DECISIONS}


def _scores(name: str, world: World, val: Evidence, test: Evidence, weights: np.ndarray) -> Scores:
    at = score(name, test, weights)
    slope, shift = lines(score(name, val, weights)[:, None], world.val.present[:, None].astype(float))
    probability = 1 / (1 + np.exp(-np.clip(slope * at + shift, -700, 700)))
    return Scores(at > 0, probability, _correct(at > 0, world.test), np.abs(at))


def rival_scores(world: World, probability: np.ndarray) -> Scores:
    """Those of a classifier that says probabilities (N,) of the test images."""
    said = probability > 0.5
    return Scores(said, probability, _correct(said, world.test), np.abs(probability - 0.5))


def _correct(said: np.ndarray, test: Part) -> np.ndarray:
    return (said == test.present).astype(float)


def over_draws(world: World, val: Evidence, test: Evidence, bins: np.ndarray) -> dict[str, dict[str, float]]:
    """Accuracy at the scores' own zero: decision -> number of draws -> share.

    "vote, random times": the vote of draws in ORDERS random orders, the mean.
    """
    weights = bin_weights(val, world.val.present, bins)[bins]
    counts = [n for n in DRAWS if n <= test.shape[1]]
    found = {
        name: {str(n): float(_correct(score(name, test[:, :n], weights[:n]) > 0, world.test).mean()) for n in counts}
        for name in DECISIONS
    }
    rng = np.random.default_rng(0)
    orders = [rng.permutation(test.shape[1]) for _ in range(ORDERS)]
    found["vote, random times"] = {
        str(n): float(np.mean([_correct(np.sign(test[:, order[:n]]).sum(1) > 0, world.test) for order in orders]))
        for n in counts
    }
    return found


def stopping(world: World, val: Evidence, test: Evidence) -> dict[str, Any]:
    """Draws stopped at the bound that split val chooses: share of the draws used, accuracy, and that of all draws."""
    bound = choose_bound(val, world.val.present)
    needed = drawn_until(test, bound)
    stopped = _correct(stopped_scores(test, needed) > 0, world.test)
    whole = _correct(test.mean(1) > 0, world.test)
    return {
        "bound": bound,
        "share": mean_interval(needed / test.shape[1], world.test.patients),
        "accuracy": mean_interval(stopped, world.test.patients),
        "lost": mean_interval(whole - stopped, world.test.patients),
    }

"""What is measured of a pair on the balanced test set, of which every image is known in all four groups."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from scipy.stats import rankdata
from torch import Tensor, nn

from causaray.classifiers.calibration import Calibrated
from causaray.cohorts.planted import Planted
from causaray.devices import autocast, resolved
from causaray.evaluation.classification.reliance import (
    Response,
    answered_most,
    check_detector,
    counterfactual_alignment,
    do_effect,
    scls,
)
from causaray.evaluation.classification.worst_group import group_accuracy
from causaray.evaluation.statistics.bootstrap import Estimate, estimate, known_mean, mean_interval
from causaray.systems.debiasing.joint import Pair
from causaray.systems.debiasing.losses import low_passed
from causaray.systems.debiasing.trained import ARTIFACT, PATHOLOGY

EDITED = 200
"""Test images, the first, of which counterfactuals are made; all are classified."""
GAN, LOW, DRAWN = "gan", "low-passed", "drawn"
"""Who makes the counterfactuals: the generator; the same, all images low-passed; whoever draws the phantoms."""
BATCH = 64


@torch.no_grad()
def probabilities(net: nn.Module, images: Tensor) -> np.ndarray:
    """What a classifier says of images (N, 1, S, S): (N, n)."""
    with autocast(resolved("cpu"), bf16=True):
        return torch.cat([net(part).float() for part in images.split(BATCH)]).numpy()


@dataclass(frozen=True, eq=False)
class Bench:
    """Test images of known truth, and the judge of their counterfactuals."""

    truth: Planted
    judge: Calibrated

    @property
    def patients(self) -> np.ndarray:
        """Whose the edited images are (n,)."""
        return self.truth.patients[:EDITED]

    @property
    def images(self) -> Tensor:
        """Those that are edited (n, 1, S, S)."""
        return self.truth.images[:EDITED]

    @cached_property
    def own(self) -> np.ndarray:
        """The group of each of them (n,)."""
        return self.truth.group[:EDITED]

    @cached_property
    def twins(self) -> Tensor:
        """Each of them in all four groups (4, n, 1, S, S)."""
        n = np.arange(len(self.own))
        drawn = [self.truth.draw(n, np.full(len(n), g // 2), np.full(len(n), g % 2)) for g in range(4)]
        return torch.stack(drawn)

    @cached_property
    def judged(self) -> np.ndarray:
        """What the judge says of the twins (4, n, 2)."""
        return np.stack([probabilities(self.judge, part) for part in self.twins])

    @cached_property
    def judged_low(self) -> np.ndarray:
        """What it says of the images low-passed (n, 2)."""
        return probabilities(self.judge, low_passed(self.images))

    def of_own(self, said: np.ndarray) -> np.ndarray:
        """Of what is said of the twins (4, n, ...) what is said of the images as they are (n, ...)."""
        return said[self.own, np.arange(len(self.own))]

    def validity(self) -> dict[str, dict[str, float]]:
        """AUROC of d, and of p, on the test images. Raises BadInput for a detector at chance."""
        said, found = self.of_own(self.judged), {}
        for name, column, truth in (("d", ARTIFACT, self.own % 2), ("p", PATHOLOGY, self.own // 2)):
            found[name] = check_detector(truth, said[:, column], self.patients)
        return found


@dataclass(frozen=True, eq=False)
class Answers:
    """What a classifier f, the detector d and the judge p say of images (n,), and of their counterfactuals."""

    f: Response
    d: Response
    p: Response

    @classmethod
    def of(cls, before: np.ndarray, after: np.ndarray, judged: np.ndarray, judged_after: np.ndarray) -> "Answers":
        """Of f's answers (n,), and the judge's (n, 2)."""
        d, p = (Response(judged[:, column], judged_after[:, column]) for column in (ARTIFACT, PATHOLOGY))
        return cls(Response(before, after), d, p)

    @property
    def crossed(self) -> np.ndarray:
        """Whether f's answer is on the other side of 0.5 afterwards (n,)."""
        return (self.f.before >= 0.5) != (self.f.after >= 0.5)

    def where_crossed(self, values: np.ndarray) -> np.ndarray:
        """Values (n,) of the images of which f's answer crossed, NaN elsewhere."""
        return np.where(self.crossed, values, np.nan)


@dataclass(frozen=True, eq=False)
class Measured:
    """Figures of a pair; and of each edited image (n,) how far the artifact alone moves f, `reliance`, and how far
    the artifact's evidence moved in its counterfactual, by who made it, NaN where f's answer did not cross."""

    figures: dict[str, Any]
    reliance: np.ndarray
    moved: dict[str, np.ndarray]
    made: Tensor


def measured(pair: Pair, bench: Bench, truth: np.ndarray) -> Measured:
    """All figures of a pair; truth (N,) are the classes of all test images, as the pair was taught them."""
    f, patients, test = pair.classifier, bench.patients, bench.truth
    right = ((probabilities(f, test.images)[:, 0] >= 0.5) == truth).astype(float)
    twins, one = np.stack([probabilities(f, part)[:, 0] for part in bench.twins]), np.arange(len(patients))
    marked, unmarked = (twins[2 * (bench.own // 2) + a, one] for a in (1, 0))
    ill, healthy = (twins[2 * present + bench.own % 2, one] for present in (1, 0))
    made = counterfactuals(pair, bench.images)
    by = {GAN: _generated(f, made, twins, bench), LOW: _low_passed(f, made, bench), DRAWN: _drawn(twins, bench)}
    own = by[GAN]
    figures = {who: scls(said.f, said.d, said.p, patients) for who, said in by.items()} | {
        "groups": group_accuracy(right, test.group, test.groups, test.patients),
        "do_effect": do_effect(marked, unmarked, patients),
        "do_effect_of_finding": do_effect(ill, healthy, patients),
        "cpg": mean_interval(np.abs(own.f.change), patients),
        "stays_low_passed": known_mean(own.where_crossed(by[LOW].crossed), patients),
        "pathology": known_mean(own.where_crossed(np.abs(own.p.change)), patients),
        "alignment": counterfactual_alignment(own.f, own.d, patients),
        "grey_levels": mean_interval(255 * (made - bench.images).abs().mean((1, 2, 3)).numpy(), patients),
    }
    moved = {who: said.where_crossed(np.abs(said.d.change)) for who, said in by.items()}
    return Measured(figures, np.abs(marked - unmarked), moved, made)


@torch.no_grad()
def counterfactuals(pair: Pair, images: Tensor) -> Tensor:
    """Of images (N, 1, S, S), each of the class that f does not see in it."""
    return torch.cat([pair(part) for part in images.split(BATCH)])


def _generated(f: nn.Module, made: Tensor, twins: np.ndarray, bench: Bench) -> Answers:
    after, judged = probabilities(f, made)[:, 0], probabilities(bench.judge, made)
    return Answers.of(bench.of_own(twins), after, bench.of_own(bench.judged), judged)


def _low_passed(f: nn.Module, made: Tensor, bench: Bench) -> Answers:
    before, after = (probabilities(f, low_passed(images))[:, 0] for images in (bench.images, made))
    return Answers.of(before, after, bench.judged_low, probabilities(bench.judge, low_passed(made)))


def _drawn(twins: np.ndarray, bench: Bench) -> Answers:
    """The counterfactual of f among drawn ones: finding or artifact as of the class that f does not say, whichever it
    answers to more; both, where neither alone crosses."""
    before, one = bench.of_own(twins), np.arange(len(bench.own))
    target = (before < 0.5).astype(int)
    edits = np.stack([2 * target + bench.own % 2, 2 * (bench.own // 2) + target, 3 * target])  # groups (3, n)
    chosen = answered_most([Response(before, twins[edit, one]) for edit in edits[:2]])
    group = edits[chosen, one]  # of -1, where none crosses, the last: both
    return Answers.of(before, twins[group, one], bench.of_own(bench.judged), bench.judged[group, one])


def rank_agreement(each: list[Measured], who: str, patients: np.ndarray) -> Estimate:
    """Spearman's correlation over classifiers of SCLS_d and the do-effect, with its interval by patient.

    Classifiers whose answer never crosses have no SCLS_d and are left out; NaN where fewer than two are left.
    """
    reliance, moved = (np.stack(part) for part in zip(*((one.reliance, one.moved[who]) for one in each), strict=True))

    def spearman(rows: np.ndarray) -> float:
        crossed = np.isfinite(moved[:, rows])
        counts = crossed.sum(1)
        score = np.where(crossed, moved[:, rows], 0).sum(1)[counts > 0] / counts[counts > 0]
        if len(score) < 2:
            return float("nan")
        ranks = [rankdata(part) for part in (score, reliance[counts > 0][:, rows].mean(1))]
        return float(np.corrcoef(*ranks)[0, 1])

    return estimate(spearman, patients)

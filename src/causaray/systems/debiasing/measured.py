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
class Measured:
    """Figures of a pair; and of each edited image (n,) how far the artifact alone moves f, `reliance`, and how far
    the artifact's evidence moved in its counterfactual, by who made it, NaN where f's answer did not cross."""

    figures: dict[str, Any]
    reliance: np.ndarray
    moved: dict[str, np.ndarray]
    made: Tensor


def measured(pair: Pair, bench: Bench, truth: np.ndarray) -> Measured:
    """All figures of a pair; truth (N,) are the classes of all test images, as the pair was taught them."""
    f, patients = pair.classifier, bench.patients
    whole = probabilities(f, bench.truth.images)[:, 0]
    twins = np.stack([probabilities(f, part)[:, 0] for part in bench.twins])
    before = bench.of_own(twins)
    made = counterfactuals(pair, bench.images)
    after, judged = probabilities(f, made)[:, 0], probabilities(bench.judge, made)
    by = {
        GAN: (Response(before, after), bench.of_own(bench.judged), judged),
        LOW: _low_passed(f, made, bench),
        DRAWN: _drawn(twins, bench),
    }
    found: dict[str, Any] = {
        who: scls(answer, *_judge_answers(then, now), patients) for who, (answer, then, now) in by.items()
    }
    moved = {
        who: _where_crossed(answer, then[:, ARTIFACT], now[:, ARTIFACT]) for who, (answer, then, now) in by.items()
    }
    crossed, kept = (crosses(by[who][0]) for who in (GAN, LOW))
    d, p = _judge_answers(bench.of_own(bench.judged), judged)
    one = np.arange(len(patients))
    marked, unmarked = (twins[2 * (bench.own // 2) + a, one] for a in (1, 0))
    ill, healthy = (twins[2 * present + bench.own % 2, one] for present in (1, 0))
    found |= {
        "groups": group_accuracy(
            ((whole >= 0.5) == truth).astype(float), bench.truth.group, bench.truth.groups, bench.truth.patients
        ),
        "do_effect": do_effect(marked, unmarked, patients),
        "do_effect_of_finding": do_effect(ill, healthy, patients),
        "cpg": mean_interval(np.abs(after - before), patients),
        "stays_low_passed": known_mean(np.where(crossed, kept, np.nan), patients),
        "pathology": known_mean(np.where(crossed, np.abs(p.change), np.nan), patients),
        "alignment": counterfactual_alignment(by[GAN][0], d, patients),
        "grey_levels": mean_interval(255 * (made - bench.images).abs().mean((1, 2, 3)).numpy(), patients),
    }
    return Measured(found, np.abs(marked - unmarked), moved, made)


@torch.no_grad()
def counterfactuals(pair: Pair, images: Tensor) -> Tensor:
    """Of images (N, 1, S, S), each of the class that f does not see in it."""
    return torch.cat([pair(part) for part in images.split(BATCH)])


def crosses(answer: Response, threshold: float = 0.5) -> np.ndarray:
    """Whether each answer (N,) is on the other side of the threshold afterwards."""
    return (answer.before >= threshold) != (answer.after >= threshold)


def _low_passed(f: nn.Module, made: Tensor, bench: Bench) -> tuple[Response, np.ndarray, np.ndarray]:
    before, after = (probabilities(f, low_passed(images))[:, 0] for images in (bench.images, made))
    return Response(before, after), bench.judged_low, probabilities(bench.judge, low_passed(made))


def _drawn(twins: np.ndarray, bench: Bench) -> tuple[Response, np.ndarray, np.ndarray]:
    """The counterfactual of f among drawn ones: finding or artifact as of the class that f does not say, whichever it
    answers to more; both, where neither alone crosses."""
    before, one = bench.of_own(twins), np.arange(len(bench.own))
    target = (before < 0.5).astype(int)
    edits = np.stack([2 * target + bench.own % 2, 2 * (bench.own // 2) + target, 3 * target])  # groups (3, n)
    chosen = answered_most([Response(before, twins[edit, one]) for edit in edits[:2]])
    group = edits[chosen, one]  # of -1, where none crosses, the last: both
    return Response(before, twins[group, one]), bench.of_own(bench.judged), bench.judged[group, one]


def _judge_answers(before: np.ndarray, after: np.ndarray) -> tuple[Response, Response]:
    """Those of d and of p, of what the judge says (n, 2)."""
    d, p = (Response(before[:, column], after[:, column]) for column in (ARTIFACT, PATHOLOGY))
    return d, p


def _where_crossed(answer: Response, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.where(crosses(answer), np.abs(after - before), np.nan)


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

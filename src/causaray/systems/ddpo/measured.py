"""What is measured of the samples of an arm, with intervals by sample: each has noise of its own, as patients have."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from torch import Tensor

from causaray.classifiers.judge import Judge
from causaray.evaluation.images.features import chest_encoder, features
from causaray.evaluation.images.neighbours import neighbours
from causaray.evaluation.measures.realism import kid_interval
from causaray.evaluation.statistics.bootstrap import Estimate, estimate, percentiles
from causaray.systems.ddpo.obedience import Reader, obeyed
from causaray.systems.ddpo.prompts import Prompts
from causaray.systems.ddpo.watch import diversity


@dataclass(frozen=True, eq=False)
class Measures:
    """reward, judge: readers of all words; second: another judge, which neither learned from this world nor stopped a
    training, and is asked for the words that it knows. real: test images (M, 1, S, S), as the autoencoder gives them
    back. `compared` samples are compared with these; the APR is of all."""

    prompts: Prompts
    reward: Reader
    judge: Reader
    second: Judge
    real: Tensor
    compared: int

    @property
    def known(self) -> list[int]:
        """The words that the second judge knows."""
        return [i for i, name in enumerate(self.prompts.names) if name in self.second.names]

    @cached_property
    def _extract(self):  # type: ignore[no-untyped-def]
        return chest_encoder(self.second)

    @cached_property
    def _real(self) -> np.ndarray:
        return features(self._extract, self.real)

    def of(self, images: Tensor, rows: np.ndarray) -> dict[str, Any]:
        """Figures of samples (N, 1, S, S) of prompts rows (N,), as JSON holds them: vectors, one value a sample (or a
        pair, of "diversity"), and "kid_x1000" with the draws of its interval."""
        wanted, known = self.prompts.wanted[rows], self.known
        second = Reader(self.second, [self.prompts.names[i] for i in known])
        some, theirs = images[: self.compared], rows[: self.compared]
        order = np.argsort(theirs, kind="stable")
        seen = features(self._extract, some)
        kid = kid_interval(seen, self._real, np.arange(len(self.real)).astype(str))
        return {
            "apr": obeyed(self.judge(images), wanted).tolist(),
            "words": (self.judge(images) == wanted).mean(0).tolist(),
            "proxy": obeyed(self.reward(images), wanted).tolist(),
            "second": obeyed(second(images), wanted[:, known]).tolist(),
            "kid_x1000": {**kid, "draws": kid.draws.tolist()},  # type: ignore[attr-defined]
            "diversity": diversity(some[order], theirs[order]).tolist(),
            "recall": float(neighbours(self._real, seen)["recall"].mean()),
        }


def mean_of(values: np.ndarray) -> Estimate:
    """The mean of one value a sample, with its interval."""
    return estimate(lambda rows: float(values[rows].mean()), np.arange(len(values)))


def shared_gain(one: Mapping[str, Any], other: Mapping[str, Any], key: str) -> Estimate:
    """Mean of one less that of the other, over the samples that both have, which share noise: paired."""
    n = min(len(one[key]), len(other[key]))
    return mean_of(np.array(one[key][:n]) - np.array(other[key][:n]))


def ratio(one: Mapping[str, Any], other: Mapping[str, Any]) -> Estimate:
    """KID of one over that of the other, with the interval over the same draws of both."""
    low, high = percentiles(np.array(one["draws"]) / np.array(other["draws"]))
    return {**{key: one[key] for key in ("n", "patients")}, "value": one["value"] / other["value"],
            "low": low, "high": high}  # fmt: skip


def diversity_ratio(one: Mapping[str, Any], other: Mapping[str, Any]) -> Estimate:
    """Mean within-prompt diversity of one over that of the other, over the same pairs of noise."""
    a, b = np.array(one["diversity"]), np.array(other["diversity"])
    return estimate(lambda rows: float(a[rows].mean() / b[rows].mean()), np.arange(len(a)))

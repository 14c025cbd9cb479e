"""What is to be read of an image and a table: the cases, their answers, and how well they are read."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from sklearn.model_selection import GroupKFold
from torch import Tensor

from causaray.evaluation.statistics.auroc import auroc
from causaray.nets.tabular import Column


@dataclass(frozen=True, eq=False)
class Problem:
    """N cases. images (N, 1, S, S) in [0, 1], values (N, C) of the table's columns, patients (N,) own them.

    answers (N, n): findings, 1, 0 or NaN where unknown; or numbers, such as an age, where `number` is True. asked (N,)
    bool: the part on which reading is measured. Where the truth is known, oracle (N, n) is the probability of each
    answer, and otherwise (N, n) what it would be had the first column the opposite sign.
    """

    name: str
    images: Tensor
    columns: tuple[Column, ...]
    values: np.ndarray
    answers: np.ndarray
    patients: np.ndarray
    names: tuple[str, ...]
    number: bool = False
    asked: np.ndarray | None = None
    oracle: np.ndarray | None = None
    otherwise: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.values)

    def rows(self, chosen: np.ndarray) -> Self:
        """The cases at `chosen`, in this order."""
        known = (self.asked, self.oracle, self.otherwise)
        asked, oracle, otherwise = (None if one is None else one[chosen] for one in known)
        return replace(
            self, images=self.images[chosen], values=self.values[chosen], answers=self.answers[chosen],
            patients=self.patients[chosen], asked=asked, oracle=oracle, otherwise=otherwise,
        )  # fmt: skip

    def with_values(self, values: np.ndarray) -> Self:
        """The same cases with another table."""
        return replace(self, values=values)

    def folds(self, n: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """n times the rows to train on and those held out; a patient is in one fold only."""
        return list(GroupKFold(n, shuffle=True, random_state=seed).split(self.values, groups=self.patients))

    def measure(self, readings: np.ndarray) -> float:
        """How good readings (N, n) of these cases are: mean AUROC over the findings, or mean absolute error.

        Findings without both classes among the cases that are asked are left out.
        """
        part = slice(None) if self.asked is None else self.asked
        answers, readings = self.answers[part], readings[part]
        if self.number:
            return float(np.abs(answers - readings).mean())
        areas = [_auroc(answers[:, j], readings[:, j]) for j in range(answers.shape[1])]
        return float(np.nanmean(areas))


def _auroc(truth: np.ndarray, score: np.ndarray) -> float:
    known = np.isfinite(truth)
    return auroc(truth[known], score[known])


def hidden(values: np.ndarray, share: float, seed: int) -> np.ndarray:
    """values (N, C) with a share of each row's columns missing, whole columns of each row drawn at random.

    A share that is no whole number of columns is met on average.
    """
    rng = np.random.default_rng(seed)
    order = rng.random(values.shape).argsort(1).argsort(1)
    count = np.floor(share * values.shape[1] + rng.random((len(values), 1)))
    return np.where(order < count, np.nan, values).astype(np.float32)

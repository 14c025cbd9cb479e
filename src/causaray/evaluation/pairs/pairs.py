"""Drawn pairs as they are measured: films, the same films with a finding, and what each is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts import Cohort
from causaray.cohorts.drawn import requests, truths
from causaray.finding import Finding

ALL = "all"
"""The group of all pairs, beside those of each finding."""
WAYS = ("added", "removed")


@dataclass(frozen=True, eq=False)
class Asked:
    """One way round: images `before` (n, 1, S, S) that are to be edited into `truth`, by a request each."""

    before: Tensor
    truth: Tensor
    requests: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class Pairs:
    """The n pairs of a cohort, images (n, 1, S, S) in [0, 1]; `share` is how much of each pixel is the finding's."""

    name: str
    rows: Cohort
    requests: tuple[Finding, ...]
    film: Tensor
    drawn: Tensor
    share: Tensor

    @classmethod
    def of(cls, name: str, rows: Cohort) -> Self:
        """Read films and truth of a cohort of pairs. Raises BadInput when the truth is missing."""
        drawn, share = (torch.from_numpy(sheet) for sheet in truths(rows))
        films = torch.from_numpy(rows.images(np.arange(len(rows))))
        return cls(name, rows, tuple(one for (one,) in requests(rows)), films, drawn, share)

    def __len__(self) -> int:
        return len(self.requests)

    @property
    def patients(self) -> np.ndarray:
        """Whose pair each is: (n,)."""
        return self.rows.table["patient"].to_numpy()

    def asked(self, way: str) -> Asked:
        """The film is to show the finding ("added"), or the drawn film is not to show it any more ("removed")."""
        if way == "added":
            return Asked(self.film, self.drawn, self.requests)
        return Asked(self.drawn, self.film, tuple(Finding(one.name, "absent") for one in self.requests))

    def groups(self) -> Iterator[tuple[str, np.ndarray]]:
        """ALL, then each finding in alphabetical order, with the numbers of its pairs."""
        names = np.array([one.name for one in self.requests])
        yield ALL, np.arange(len(names))
        for name in sorted(set(names)):
            yield str(name), np.flatnonzero(names == name)

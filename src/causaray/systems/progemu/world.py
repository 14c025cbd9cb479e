"""What the experiment trains and measures on: phantoms followed up, each split of another seed."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from torch import Tensor

from causaray.cohorts.phantom import World
from causaray.progression import Change
from causaray.systems.progemu.pairs import Pair
from causaray.systems.progemu.phantom_pairs import STATES, PhantomPairs, follow_up

TRAINED_ON, VAL, TEST = 10_000, 80, 200
"""Patients of each split; the first where --limit does not say."""
_SEEDS = {"train": 0, "val": 1, "test": 2}


@dataclass(frozen=True, eq=False)
class Measured:
    """The pair of each patient that is measured."""

    pairs: PhantomPairs

    @cached_property
    def told(self) -> list[Pair]:
        """What is asked, and what is known to have changed."""
        return [self.pairs.tested(i) for i in range(len(self.pairs))]

    @cached_property
    def prior(self) -> Tensor:
        """Films (N, 1, S, S) of day 0."""
        return self.pairs.films(np.array([pair.prior for pair in self.told]))

    @cached_property
    def truth(self) -> Tensor:
        """The true follow-ups (N, 1, S, S), on the patient's own Brownian path."""
        return self.pairs.films(np.array([pair.follow_up for pair in self.told]))

    @cached_property
    def changes(self) -> list[tuple[Change, ...]]:
        """What changed, as it is known."""
        return [self.pairs.changes(i, 0, pair.follow_up % STATES) for i, pair in enumerate(self.told)]

    @property
    def prompts(self) -> list[str]:
        return [pair.prompt for pair in self.told]

    @property
    def texts(self) -> list[str]:
        return [pair.text for pair in self.told]

    @property
    def patients(self) -> np.ndarray:
        return self.pairs.patients

    @cached_property
    def changed(self) -> np.ndarray:
        """Which pairs are asked for a change, bool (N,)."""
        return np.array([pair.prompt != "" for pair in self.told])


def phantom_pairs(split: str, n: int, size: int, work: Path, still: float = 0.0) -> PhantomPairs:
    """The first n patients of a split, of a world in which most are ill; films are kept in `work`."""
    return follow_up(World(size=size, common=0.5, tail=0.5).sample(n, _SEEDS[split]), still, work)

"""Pairs of films of one patient, with what is to happen and what changed."""

from typing import NamedTuple, Protocol

import numpy as np
from torch import Tensor


class Pair(NamedTuple):
    """Row numbers of the two films, what is to happen, and what changed."""

    prior: int
    follow_up: int
    prompt: str
    text: str


class Pairs(Protocol):
    """What is learned from. free: whether prompts are anybody's words, not those of `progress_prompt`; names: the
    findings that they name."""

    @property
    def free(self) -> bool: ...
    @property
    def names(self) -> tuple[str, ...]: ...

    def __len__(self) -> int:
        """How many patients, or pairs, `draw` knows."""
        ...

    def films(self, rows: np.ndarray) -> Tensor:
        """Films (B, 1, S, S) in [0, 1] of row numbers (B,)."""
        ...

    @property
    def count(self) -> int:
        """How many films there are."""
        ...

    def draw(self, i: int, rng: np.random.Generator) -> Pair:
        """A pair of number i, told in one of several ways."""
        ...

"""Images with labels, each drawn as often as it should be: what a classifier learns from."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts.batches import Batch, Draw
from causaray.devices import autocast, resolved
from causaray.training.order import Order
from causaray.training.parallel import own_share


@dataclass
class LabelledRows:
    """A source of batches (`training.source.Batches`) that are drawn row by row.

    images: row numbers (B,) to images (B, 1, S, S) in [0, 1], such as `Cohort.images`. labels: (N, ...). chance: how
    often each row is drawn, (N,), summing to 1. bf16: autocast of the forward pass. epochs: every row once before any
    is drawn again, whatever its chance. Batches are on the CPU, where they
    are augmented; `device` is where the net is.
    """

    images: Callable[[np.ndarray], np.ndarray | Tensor]
    labels: Tensor
    chance: np.ndarray
    bf16: bool = False
    device: torch.device = field(default_factory=partial(resolved, "cpu"))
    epochs: bool = False

    def batches(self, batch: int, seed: int) -> Draw:
        """Step -> a batch, the same whenever it is asked for; each row is its own donor."""
        rows_of = Order(len(self.chance), seed).batches(batch) if self.epochs else sampler(self.chance, batch, seed)
        part = own_share(batch)

        def draw(step: int) -> Batch:
            rows = torch.from_numpy(rows_of(step)[part])
            return Batch(torch.as_tensor(self.images(rows.numpy())), self.labels[rows], torch.arange(len(rows)), rows)

        return draw

    def precision(self) -> AbstractContextManager:
        return autocast(self.device, self.bf16)


def sampler(chance: np.ndarray, batch: int, seed: int) -> Callable[[int], np.ndarray]:
    """Step -> row numbers (batch,), drawn by their chances (N,)."""

    def draw(step: int) -> np.ndarray:
        return np.random.default_rng((seed, step)).choice(len(chance), batch, p=chance)

    return draw


def even(n: int) -> np.ndarray:
    """The chances (n,) of rows that are all drawn alike."""
    return np.full(n, 1 / n)

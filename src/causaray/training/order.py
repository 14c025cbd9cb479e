"""The order in which a training sees its samples: a function of seed and position alone, so that it needs no state.

Position p of a training, counted over all epochs and processes, is sample `Order.rows([p])`. The position after a step
is the step times the batch: whoever goes on from there, with whatever number of processes, sees each sample once an
epoch.
"""

from collections.abc import Callable
from hashlib import blake2b

import numpy as np

ROUNDS = 4
"""Of the Feistel network: with four, a permutation that cannot be told from a random one (Luby and Rackoff 1988)."""


class Order:
    """A permutation of n samples for every epoch, of which any position can be asked without the others."""

    def __init__(self, n: int, seed: int) -> None:
        """n: samples, 1 or more."""
        self.n, self.seed = n, seed
        self._half = max(1, ((n - 1).bit_length() + 1) // 2)

    def rows(self, positions: np.ndarray) -> np.ndarray:
        """The samples (B,) at positions (B,), counted from the start of the training."""
        positions = np.asarray(positions, np.int64)
        epochs, found = positions // self.n, positions % self.n
        rows = np.empty_like(found)
        for epoch in np.unique(epochs):
            here = epochs == epoch
            rows[here] = self._permuted(found[here], int(epoch))
        return rows

    def batches(self, batch: int) -> Callable[[int], np.ndarray]:
        """Step -> the samples (batch,) of that step."""
        return lambda step: self.rows(np.arange(step * batch, (step + 1) * batch))

    def _permuted(self, positions: np.ndarray, epoch: int) -> np.ndarray:
        """Encrypted within the least square of a power of two that holds n; what falls outside of n is encrypted again
        until it does not."""
        keys = [self._key(epoch, i) for i in range(ROUNDS)]
        values = positions.astype(np.uint64)
        outside = np.ones(len(values), bool)
        while outside.any():
            values[outside] = self._encrypted(values[outside], keys)
            outside = values >= self.n
        return values.astype(np.int64)

    def _encrypted(self, values: np.ndarray, keys: list[np.uint64]) -> np.ndarray:
        half = np.uint64(self._half)
        mask = np.uint64((1 << self._half) - 1)
        left, right = values >> half, values & mask
        for key in keys:
            left, right = right, left ^ (_mixed(right + key) & mask)
        return (left << half) | right

    def _key(self, epoch: int, i: int) -> np.uint64:
        text = f"{self.seed}:{epoch}:{i}".encode()
        return np.uint64(int.from_bytes(blake2b(text, digest_size=8).digest()) >> 1)


def _mixed(values: np.ndarray) -> np.ndarray:
    """SplitMix64 (Steele et al. 2014) of each."""
    z = values * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))

"""Does an image show what its prompt names, and nothing that it names as absent: the reward, and the APR."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from causaray.classifiers.judge import Judge
from causaray.nets.codecs import Codec

THRESHOLD = 0.5
"""A word is seen when its probability is above."""


@dataclass(frozen=True)
class Reader:
    """A classifier that is asked for some of its findings, in this order: the reward's, or the judge's."""

    judge: Judge
    names: Sequence[str]

    def __call__(self, images: Tensor) -> np.ndarray:
        """Whether each of `names` is seen in images (B, 1, S, S) in [0, 1]: bool (B, n)."""
        columns = [self.judge.names.index(name) for name in self.names]
        return self.judge.predict(images.cpu(), 64)[:, columns].numpy() > THRESHOLD


def reward(seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """r (B,): the share of the n words that are as asked for, of (B, n) each, true or false."""
    return (seen == wanted).mean(1)


def obeyed(seen: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Whether all n words are as asked for, (B,), 1 or 0: its mean is the APR (artifact prevalence rate)."""
    return (seen == wanted).all(1).astype(float)


def decoded(codec: Codec, latents: Sequence[Tensor]) -> Tensor:
    """Images (N, 1, S, S) in [0, 1], on the CPU, of latents, part by part."""
    with torch.no_grad():
        return torch.cat([codec.decode(part).clamp(0, 1).float().cpu() for part in latents])

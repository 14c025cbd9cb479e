"""Counterfactuals of images by chains whose guidance grows, until the class is flipped and the artifact is kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import torch
from torch import Tensor

from causaray.systems.decodex.chain import Chain
from causaray.systems.decodex.energies import Energies, Features, Net, Scales

KEPT = 0.1
"""How far the detector's probability may move for the artifact to be kept, on the same side of one half."""


@dataclass(frozen=True)
class Nested:
    """Scales that are tried in turn: those of the class, and within each those of the detector, rising.

    A detector of 0 alone is no detector: then nothing is asked of the artifact.
    """

    classifier: tuple[float, ...]
    detector: tuple[float, ...]
    l1: float = 0.0
    perceptual: float = 0.0

    def __iter__(self) -> Iterator[Scales]:
        for s, s_d in product(self.classifier, self.detector):
            yield Scales(s, s_d, self.l1, self.perceptual)

    @property
    def keeps(self) -> bool:
        """Whether the artifact is to be kept."""
        return any(self.detector)

    def without_detector(self) -> "Nested":
        """The same, by the class alone."""
        return replace(self, detector=(0.0,))


@dataclass(frozen=True, eq=False)
class Made:
    """images (B, 1, S, S) in [0, 1]; done (B,), bool; tried (B,), pairs of scales; calls of the denoiser."""

    images: Tensor
    done: Tensor
    tried: Tensor
    calls: int


@dataclass(frozen=True)
class Maker:
    """Makes counterfactuals that a classifier reads as another class, and in which a detector sees what it saw.

    classifier, detector: logits (B,) of images, 0 where they are of two minds. features: what L_perc compares.
    """

    chain: Chain
    scales: Nested
    classifier: Net
    detector: Net
    features: Features

    @torch.no_grad()
    def make(self, x: Tensor, target: Tensor, seeds: Sequence[int]) -> Made:
        """Of images x (B, 1, S, S) in [0, 1] as of class `target` (B,), 1 or 0, each by its own seed.

        An image that is read as its target already stays bit for bit. The change is what the class's guidance makes:
        the guided chain less that of the same noise with the other energies alone. So what the detector mends of the
        chain's own errors is no change. Where no pair of scales does what is asked, the image is taken that is flipped
        and in which the detector moved least; the last one where none is flipped.
        """
        images, done, calls = x.clone(), self.flipped(x, target), 0
        tried, fault = torch.zeros_like(done, dtype=torch.long), torch.full_like(x[:, 0, 0, 0], torch.inf)
        factual: dict[Scales, Tensor] = {}
        for scales in self.scales:
            left = torch.nonzero(~done)[:, 0]
            if not len(left):
                break
            others = replace(scales, classifier=0.0)
            if others not in factual:
                factual[others] = torch.empty_like(x)
                factual[others][left], more = self._run(x, target, seeds, left, others)
                calls += more
            guided, more = self._run(x, target, seeds, left, scales)
            made, calls = (x[left] + (guided - factual[others][left])).clamp(0, 1), calls + more
            flipped, moved = self.flipped(made, target[left]), self.moved(made, x[left])
            now = moved + (~flipped).float()
            better = now <= fault[left]
            images[left[better]], fault[left[better]] = made[better], now[better]
            tried[left] += 1
            done[left] = flipped & (moved <= KEPT)
        return Made(images, done, tried, calls)

    def flipped(self, images: Tensor, target: Tensor) -> Tensor:
        """Whether the classifier reads images as their target: bool (B,)."""
        return (self.classifier(images) > 0) == (target == 1)

    def moved(self, images: Tensor, x: Tensor) -> Tensor:
        """By how much the detector's probability differs from that of x (B,), at least one half where it crossed that.

        0 where nothing is asked of the artifact.
        """
        if not self.scales.keeps:
            return torch.zeros_like(x[:, 0, 0, 0])
        after, before = (self.detector(one).sigmoid() for one in (images, x))
        crossed = (after > 0.5) != (before > 0.5)
        return torch.where(crossed, 0.5, 0.0).maximum((after - before).abs())

    def _run(self, x: Tensor, target: Tensor, seeds: Sequence[int], rows: Tensor, scales: Scales) -> tuple[Tensor, int]:
        energies = Energies(x[rows], target[rows].float(), scales, self.classifier, self.detector, self.features)
        return self.chain.run(x[rows], [seeds[i] for i in rows.tolist()], energies)

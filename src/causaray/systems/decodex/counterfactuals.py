"""Counterfactuals of images by chains whose guidance grows, until the class is flipped and the artifact is kept."""

from collections.abc import Sequence
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

    def __iter__(self):  # type: ignore[no-untyped-def]
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
    """images (B, 1, S, S) in [0, 1]; done (B,), bool: as was asked; tried (B,): pairs of scales; calls of the denoiser."""

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

        An image that is read as its target already stays bit for bit. The change is what the guidance of class and
        detector makes: the guided chain less that of the same noise with the other energies alone. Where no pair of
        scales does what is asked, the last one's image is taken.
        """
        images, done = x.clone(), self.flipped(x, target)
        tried = torch.zeros(len(x), dtype=torch.long)
        open_ = torch.nonzero(~done)[:, 0]
        if not len(open_):
            return Made(images, done, tried, 0)
        factual, calls = self._run(
            x, target, seeds, open_, Scales(l1=self.scales.l1, perceptual=self.scales.perceptual)
        )
        before = dict(zip(open_.tolist(), factual, strict=True))
        for scales in self.scales:
            guided, more = self._run(x, target, seeds, open_, scales)
            change = guided - torch.stack([before[i] for i in open_.tolist()])
            images[open_], calls = (x[open_] + change).clamp(0, 1), calls + more
            tried[open_] += 1
            done[open_] = self.flipped(images[open_], target[open_]) & self.kept(images[open_], x[open_])
            open_ = torch.nonzero(~done)[:, 0]
            if not len(open_):
                break
        return Made(images, done, tried, calls)

    def flipped(self, images: Tensor, target: Tensor) -> Tensor:
        """Whether the classifier reads images as their target: bool (B,)."""
        return (self.classifier(images) > 0) == (target == 1)

    def kept(self, images: Tensor, x: Tensor) -> Tensor:
        """Whether the detector sees in images what it saw in x, where that is asked: bool (B,)."""
        if not self.scales.keeps:
            return torch.ones(len(x), dtype=torch.bool)
        after, before = (self.detector(one).sigmoid() for one in (images, x))
        return ((after > 0.5) == (before > 0.5)) & ((after - before).abs() <= KEPT)

    def _run(self, x: Tensor, target: Tensor, seeds: Sequence[int], rows: Tensor, scales: Scales) -> tuple[Tensor, int]:
        energies = Energies(x[rows], target[rows].float(), scales, self.classifier, self.detector, self.features)
        return self.chain.run(x[rows], [seeds[i] for i in rows.tolist()], energies)

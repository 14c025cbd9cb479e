"""What is watched while a policy learns, and when it is to stop: the judge, realism and diversity, on fixed noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from causaray.diffusion.prior import Prior
from causaray.evaluation.images.features import Extract, features
from causaray.evaluation.measures.realism import polynomial_mmd
from causaray.systems.ddpo.obedience import Reader, decoded, obeyed
from causaray.systems.ddpo.policy import Sampling
from causaray.systems.ddpo.prompts import Prompts

SCALES = (0.0448, 0.2856, 0.3001)
"""Weights of the first three scales of MS-SSIM (Wang et al. 2003), which is as many as 64 pixels have."""
Look = Mapping[str, float]
"""proxy: APR by the reward's reader; apr: by the judge; kid_x1000; diversity."""


@dataclass(frozen=True, eq=False)
class Watch:
    """n samples of the prompts, the same noise each time. real: what KID is to, (M, 1, S, S) by `extract`; None where
    the judge has no features to compare by."""

    prompts: Prompts
    reward: Reader
    judge: Reader
    sampling: Sampling
    n: int
    seed: int
    real: Tensor | None = None
    extract: Extract | None = None

    @cached_property
    def rows(self) -> np.ndarray:
        """Prompts (n,), sorted: at most n / 2 of them, so that each has a pair of samples to tell apart."""
        some = np.random.default_rng(self.seed).permutation(len(self.prompts))[: max(1, self.n // 2)]
        return np.sort(np.resize(some, self.n))

    @cached_property
    def _known(self) -> np.ndarray | None:
        return None if self.real is None or self.extract is None else features(self.extract, self.real)

    def look(self, prior: Prior) -> dict[str, float]:
        """What a prior, low-rank updates and all, draws of the prompts now; NaN where it cannot be had."""
        drawn = self.sampling.draw(prior, self.prompts.told(self.rows), self.seed)
        images, wanted = decoded(prior.codec, [z for z, _ in drawn]), self.prompts.wanted[self.rows]
        kid = float("nan")
        if self._known is not None and self.extract is not None:
            kid = 1000 * polynomial_mmd(features(self.extract, images), self._known)
        return {
            "proxy": float(obeyed(self.reward(images), wanted).mean()),
            "apr": float(obeyed(self.judge(images), wanted).mean()),
            "kid_x1000": kid,
            "diversity": float(np.mean(diversity(images, self.rows))),
        }


def diversity(images: Tensor, prompts: np.ndarray) -> np.ndarray:
    """1 - MS-SSIM of each two neighbours of images (N, 1, S, S) that are of one prompt (N,): (pairs,)."""
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure as similarity

    first = np.flatnonzero(prompts[1:] == prompts[:-1])
    if not len(first):
        return np.full(1, np.nan)
    one = torch.from_numpy(first)
    alike = [
        similarity(images[i], images[i + 1], data_range=1.0, betas=SCALES, reduction="none", normalize="relu")
        for i in one.split(64)
    ]
    return 1 - torch.cat([part.flatten() for part in alike]).numpy()


def parting(looks: Sequence[Look], part: float) -> int:
    """How many of the last looks in a row say that the reward's APR gained more than the judge's, by above `part`.

    Gains are from the first look on: two readers seldom agree from the start.
    """
    gaps = np.array([one["proxy"] - one["apr"] for one in looks])
    held = np.flatnonzero(~(gaps - gaps[0] > part))
    return len(gaps) - 1 - int(held[-1])

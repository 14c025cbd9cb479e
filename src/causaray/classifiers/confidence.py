"""How sure a classifier is of its readings, on images that it has not learned from: what abstention is decided by."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.errors import BadInput

STEPS = 100
"""Quantiles that are kept are those of every hundredth."""


def sureness(probability: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """How far probabilities are from where a reading changes, in [0, 1], of any shape."""
    return np.abs(probability - threshold)


@torch.no_grad()
def confidence(
    net: Callable[[Tensor], Tensor], images: Callable[[np.ndarray], np.ndarray], count: int, names: Sequence[str]
) -> dict[str, list[float]]:
    """finding -> quantiles (STEPS + 1,) of `sureness` over `count` held-out images, as config.json keeps them.

    net: images (B, 1, S, S) to probabilities (B, n) of `names`. images: row numbers to images, such as `Cohort.images`.
    """
    parts = np.array_split(np.arange(count), count // 64 + 1)
    said = np.concatenate([net(torch.from_numpy(images(part))).numpy() for part in parts])
    quantiles = np.quantile(sureness(said), np.linspace(0, 1, STEPS + 1), axis=0)
    return {name: [round(float(one), 6) for one in column] for name, column in zip(names, quantiles.T, strict=True)}


def least_sure(config: Mapping[str, Any], name: str, finding: str, coverage: float) -> float:
    """The sureness of a finding from which on a share `coverage` of held-out images was answered, by config.json.

    Raises BadInput for weights that tell nothing of held-out images, and for a coverage outside (0, 1].
    """
    checked_coverage(coverage)
    kept = config.get("confidence", {}).get(finding)
    if not kept:
        raise BadInput(
            f"{name} does not say how sure it was on held-out images, by which --coverage is decided; leave --coverage "
            "out, or train the classifier by a recipe of method classifier, which keeps it."
        )
    return float(np.interp(1 - coverage, np.linspace(0, 1, len(kept)), kept)) if coverage < 1 else 0.0


def checked_coverage(coverage: float) -> float:
    """The coverage itself. Raises BadInput unless it is above 0 and at most 1."""
    if not 0 < coverage <= 1:
        raise BadInput(f"A coverage is the share of images that are answered, above 0 and at most 1, not {coverage}.")
    return coverage

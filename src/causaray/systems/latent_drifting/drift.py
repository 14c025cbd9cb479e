"""System 2, Latent Drifting (arXiv 2412.20651): a shift delta of the latents for a prior fine-tuned in another domain.

Training shows the network z_t + delta and leaves its target as it is. The paper's sampler adds delta to the mean of
every step, mu + delta; as each step starts from where the last one ended, the shift grows with the steps, and the
network is shown what it was never trained on. Here the samplers stay as they are and the network's input is shifted:
exactly delta at every step, as in training. A prior does so by itself once `Prior.drift` is set.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from causaray.diffusion.sampler import Each
from causaray.errors import BadInput

LEARNED = "learned"
"""In place of a number: a bias of each channel, learned with the rest. The control: is delta more than that?"""
GRID = tuple(round(0.05 * i, 2) for i in range(-4, 5))
"""The paper's [-0.2, 0.2] in steps of 0.05, 0 among them."""


def accumulating(delta: Tensor | float) -> Each:
    """The paper's sampler as printed: a hook that adds delta to the latents after every step."""
    return lambda i, z: z + delta


def as_drift(delta: float | str | Sequence[float], channels: int) -> Tensor | None:
    """What `Prior.drift` takes: (1, 1, 1) of one number, (C, 1, 1) of one a channel, None of nothing but zeros.

    "0.1" and "0.1,0,0,0" are read, "learned" is a parameter (C, 1, 1) that begins at 0. Raises BadInput for the rest.
    """
    if delta == LEARNED:
        return nn.Parameter(torch.zeros(channels, 1, 1))
    values = _numbers(delta)
    if len(values) not in (1, channels) or not np.isfinite(values).all():
        raise BadInput(f"A drift is a number, {channels} numbers (one a channel) or {LEARNED}; this is {delta!r}.")
    return torch.tensor(values).view(-1, 1, 1) if any(values) else None


def _numbers(delta: float | str | Sequence[float]) -> list[float]:
    if isinstance(delta, float | int):
        return [float(delta)]
    try:
        return [float(part) for part in (delta.split(",") if isinstance(delta, str) else delta)]
    except (TypeError, ValueError):
        return []


def told_drift(drift: Tensor | None) -> list[float] | None:
    """A drift as config.json keeps it."""
    return None if drift is None else [round(value, 6) for value in drift.flatten().tolist()]


def saved_drift(config: Mapping[str, Any]) -> Tensor | None:
    """The drift that config.json tells; weights older than drifts have none."""
    values = config.get("drift")
    return None if values is None else torch.tensor(values).view(-1, 1, 1)


def search(distance: Callable[[float], float], grid: Sequence[float] = GRID) -> dict[float, float]:
    """delta -> distance(delta), best first: of images made with delta from those of the validation split.

    Let `distance` draw the same noise for every delta. Between equals the one nearest to 0 is the better.
    """
    found = {delta: distance(delta) for delta in sorted(grid, key=abs)}
    return dict(sorted(found.items(), key=lambda one: one[1]))

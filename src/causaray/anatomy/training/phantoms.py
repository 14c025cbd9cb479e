"""Phantoms to learn anatomy from: more unlike each other than those of the world, with all that real films show."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from causaray.anatomy.coordinates import SHEETS
from causaray.cohorts.phantom.coordinates import coordinates
from causaray.cohorts.phantom.exogenous import draw
from causaray.cohorts.phantom.model import solve
from causaray.cohorts.phantom.world import Phantoms, World

WIDER = {
    "rib_phase": 3.0,
    "clavicle": 3.0,
    "cage_top": 2.5,
    "rib_tilt": 2.0,
    "rib_pitch": 2.0,
    "heart_height": 2.0,
    "diaphragm_side": 2.0,
    "heart_tilt": 1.5,
    "dome": 1.5,
    "shoulders": 1.5,
    "stomach": 1.5,
    "turn": 1.5,
    "diaphragm": 1.8,
}
"""By how much an exogenous draw varies more than in the phantom world: real ribs, hearts and domes vary more."""
_PART = 200


def phantoms(n: int, size: int, seed: int, progress: Callable[[int, int], None] | None = None) -> tuple[Tensor, Tensor]:
    """n phantoms with findings and devices: images uint8 (n, 1, S, S), and their coordinates float16 (n, C, S, S)."""
    world = World(size=size, common=0.2, devices=0.3)
    images = torch.empty(n, 1, size, size, dtype=torch.uint8)
    sheets = torch.empty(n, len(SHEETS), size, size, dtype=torch.float16)
    for start in range(0, n, _PART):
        indices = np.arange(start, min(start + _PART, n))
        draws = {name: values * WIDER.get(name, 1.0) for name, values in draw(seed, indices).items()}
        part = Phantoms(world, seed, indices, draws, {}, solve(draws, world, {}))
        images[indices] = (part.images * 255).round().to(torch.uint8)
        sheets[indices] = coordinates(part).half()
        if progress is not None:
            progress(int(indices[-1]) + 1, n)
    return images, sheets

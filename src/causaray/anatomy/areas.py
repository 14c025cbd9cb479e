"""How much of each lung findings fill, by maps of where they are."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

from causaray.anatomy.coordinates import Coordinates
from causaray.vocabulary import PATIENT_SIDES


def told_areas(place: Coordinates, maps: Tensor, names: Sequence[str]) -> list[dict[str, dict[str, float]]]:
    """For each film: finding -> side -> area, a share of that side's lung.

    place: coordinates of the chests (B, 1, h, w), no coarser; maps (B, m, p, p): the share of each finding of `names`.
    """
    place = Coordinates.of(F.interpolate(place.sheets(), maps.shape[-2:], mode="area"))
    halves = {"right": 1 - place.left_half, "left": place.left_half}
    lungs = {side: getattr(place, side).sum((2, 3)).clamp(min=1.0) for side in PATIENT_SIDES}
    areas = {side: (maps.cpu() * halves[side]).sum((2, 3)) / lungs[side] for side in PATIENT_SIDES}
    return [
        {name: {side: round(float(areas[side][i, j]), 3) for side in PATIENT_SIDES} for j, name in enumerate(names)}
        for i in range(len(maps))
    ]

"""How much of each lung the findings fill, as the pathology maps of weights with true groups tell it."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from causaray.anatomy.coordinates import SHEETS, Coordinates
from causaray.vocabulary import PATIENT_SIDES

LEAST = 0.01
"""Of a lung: what fills less is not told."""


def place_of(identity: Tensor) -> Coordinates:
    """The coordinates of the chest that follow the identity channels (B, n, p, p) of weights with true groups."""
    return Coordinates.of(identity[:, -len(SHEETS) :])


def lesion_notes(
    identity: Tensor, before: Tensor, after: Tensor, names: Sequence[str]
) -> list[dict[str, dict[str, Any]]]:
    """For the record of each film: finding -> side -> area before and after, a share of that side's lung.

    identity (B, n, p, p): identity channels, the coordinates of the chest behind them; before, after (B, m, p, p): the
    share of each finding of `names` in the film and in its edit. A heart or a device lies beside the lungs, and its
    area is measured by them all the same.
    """
    place = place_of(identity.cpu())
    halves = {"right": 1 - place.left_half, "left": place.left_half}
    lungs = {side: getattr(place, side).sum((2, 3)).clamp(min=1.0) for side in PATIENT_SIDES}
    areas = {
        side: [(maps.cpu() * halves[side]).sum((2, 3)) / lungs[side] for maps in (before, after)]
        for side in PATIENT_SIDES
    }
    return [{"lesions": _told(areas, i, names)} for i in range(len(before))]


def _told(areas: dict[str, list[Tensor]], i: int, names: Sequence[str]) -> dict[str, Any]:
    told = {
        name: {
            side: {"before": round(float(one[i, column]), 3), "after": round(float(two[i, column]), 3)}
            for side, (one, two) in areas.items()
        }
        for column, name in enumerate(names)
    }
    return {name: sides for name, sides in told.items() if any(max(s.values()) >= LEAST for s in sides.values())}

"""How much of each lung the findings fill, as the pathology maps of weights with true groups tell it."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from causaray.anatomy.areas import told_areas
from causaray.anatomy.coordinates import SHEETS, Coordinates
from causaray.vocabulary import PATIENT_SIDES

LEAST = 0.01
"""Of a lung: what fills less is not told."""


def place_of(identity: Tensor) -> Coordinates:
    """The coordinates of the chest that follow the identity channels (B, n, p, p) of weights with true groups."""
    return Coordinates.of(identity[:, -len(SHEETS) :])


def lesion_notes(place: Tensor, before: Tensor, after: Tensor, names: Sequence[str]) -> list[dict[str, dict[str, Any]]]:
    """For the record of each film: finding -> side -> area before and after, a share of that side's lung.

    place (B, 10, h, w): the coordinates of the chests; before, after (B, m, p, p): the share of each finding of `names`
    in the film and in its edit. A heart or a device lies beside the lungs, and its area is measured by them all the
    same.
    """
    chests = Coordinates.of(place.cpu())
    then, now = (told_areas(chests, maps, names) for maps in (before, after))
    return [{"lesions": _both(*one)} for one in zip(then, now, strict=True)]


def _both(then: dict[str, dict[str, float]], now: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Both areas of each finding, without those that fill next to nothing in either film."""
    return {
        name: {side: {"before": then[name][side], "after": now[name][side]} for side in PATIENT_SIDES}
        for name in then
        if max(*then[name].values(), *now[name].values()) >= LEAST
    }

"""Fluid, air and a large heart as a film forms them: the map tells where they are, and physics what they hide.

A large heart that goes is made smaller: its borders move in, and the lung beside it, this patient's own, is widened.

The decoder of edits R paints what it learned from many films, and what it is not sure of it blurs: ribs beside a fallen
lung, the dome under fluid, the old border within a new heart. Of these three it is known how a film comes about, so the
map of the finding is all that is learned. It tells where the finding is and, by how much room it takes, how severe; the
film is taken apart into ribs, vessels and what lies at large (`anatomy.film.Layers`), as where findings are drawn.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.anatomy import moves
from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.drawing import Sheet, body_of, composed, within
from causaray.anatomy.effects import Effects, air_effects, effusion_effects
from causaray.anatomy.film import Layers, attenuation, exposed
from causaray.anatomy.hearts import enlarged, left_behind
from causaray.anatomy.lesions import effusion
from causaray.anatomy.lesions.chest import Chest
from causaray.anatomy.lesions.pneumothorax import FallenLung
from causaray.anatomy.signs import widths
from causaray.anatomy.warps import Move
from causaray.systems.causal_disentanglement.cleared_lung import cleared

LEAST = 0.05
"""A map that grows by no more than this anywhere brings nothing."""
STRAY = 0.2
"""Of a share: what lies on one side and is less of it belongs to the other."""
_HALVINGS = 6
_FINEST = 0.02
"""How severe fluid or a fallen lung is, is looked for in steps halved until they are no larger."""
_COARSE = 128
"""Side in pixels at which the severity of a share is looked for."""


@dataclass(frozen=True)
class Told:
    """What a share tells of a finding: how severe it is, in (0, 1], how a fallen lung leans (`FallenLung`), and whether
    fluid lies behind the lung of a supine patient."""

    severity: float
    lean: float = 0.0
    layered: bool = False


Once = Callable[[str, bool, Callable[[], Told]], Told]
"""Finding, whether it is on the left, and what finds what its share tells -> what it tells."""
FORMED: Mapping[str, Callable[[Chest, Told], Effects]] = {
    "Pleural Effusion": lambda chest, told: effusion_effects(chest, told.severity, told.layered),
    "Pneumothorax": lambda chest, told: air_effects(chest, FallenLung(chest, told.severity, told.lean), told.severity),
}
"""Findings that fill a place, and what they do to a chest."""
GROWN, FLUID = "Cardiomegaly", "Pleural Effusion"
"""Of which the border of the heart moves, and which hides a lung."""


class Draining(NamedTuple):
    """Fluid that goes from one side of a film: its share (1, 1, s, s), whether it is on the left, the film as R paints
    it without (1, 1, S, S), and how much of it goes, 0 to 1."""

    share: Tensor
    left: bool
    painted: Tensor
    amount: float


@dataclass(frozen=True, eq=False)
class Formation:
    """What is to be formed on a film: the coordinates of its chest; by finding, of FORMED or GROWN, the share
    (1, 1, s, s) that comes; by how much of the width of the chest the heart is made smaller; and fluid that goes, where
    it is not painted."""

    place: Coordinates
    coming: Mapping[str, Tensor]
    smaller: float = 0.0
    draining: Draining | None = None
    found: dict[tuple[str, bool], Told] = field(default_factory=dict)
    """What was found of findings and sides: the film may be asked for at two resolutions."""

    def on(self, film: Tensor) -> Tensor:
        """The film (1, 1, S, S) in [0, 1], at any resolution, with what comes."""
        if self.draining is not None:
            film = cleared(film, self.place, *self.draining)

        def once(name: str, left: bool, find: Callable[[], Told]) -> Told:
            if (name, left) not in self.found:
                self.found[name, left] = find()
            return self.found[name, left]

        return formed(film, self.place, self.coming, self.smaller, once)


@torch.no_grad()
def formed(
    film: Tensor,
    place: Coordinates,
    coming: Mapping[str, Tensor],
    smaller: float = 0.0,
    once: Once = lambda *of: of[2](),
) -> Tensor:
    """A film (1, 1, S, S) in [0, 1] to which findings come, and whose heart becomes smaller.

    place: the coordinates of its chest, of any size; coming: of each finding, of FORMED or GROWN, its share
    (1, 1, s, s); smaller: by how much of the width of the chest. What nothing reaches stays as it is, bit for bit.
    Heart and mediastinum give way to much fluid or air on one side.
    """
    coming = {name: share for name, share in coming.items() if float(share.max()) > LEAST}
    if not coming and not smaller:
        return film
    whole, small = attenuation(film), Sheet.of(place.resized(_COARSE, _COARSE), 0)
    sheet = Sheet.of(place.resized(*film.shape[-2:]), 0)
    effects, move, heart = Effects.of(whole), Move.none(whole), Move.none(whole)
    if smaller:
        move = moves.smaller_heart(sheet.place, smaller)
    body, inner = body_of(whole)
    for name, share in coming.items():
        share = F.interpolate(share, film.shape[-2:], mode="bilinear", align_corners=False)
        if name == GROWN:
            heart = heart + larger(sheet, once(name, False, partial(growth, film, small, share)).severity)
            continue
        halves = {True: sheet.place.left_half, False: 1 - sheet.place.left_half}
        sides = {left: share * half for left, half in halves.items() if (share * half).sum() > STRAY * share.sum()}
        for left, part in sides.items():
            told = once(name, left, partial(_TOLD[name], small, part, left))
            lies = sheet
            if len(sides) == 1 and name in moves.SIDED:
                push = moves.SIDED[name](sheet.place, told.severity, left)
                lies, move = sheet.moved(push), move + push
            elif len(sides) == 1:
                heart = heart + moves.leaning(sheet.place, told.severity, left)
            half = lies.place.left_half if left else 1 - lies.place.left_half
            effects = effects.beside(FORMED[name](lies.chest, told).on(half * within(lies.place, name)))
    effects, move = effects.on(body), move.on(inner)
    moved = move.apply(whole, "bicubic") if bool((move.dx != 0).any()) else whole
    lying = sheet.moved(move).place
    grown = torch.zeros_like(whole)
    if bool((heart.dx != 0).any()):
        grown = move.apply(enlarged(whole, sheet.place, heart.on(inner))[0])
    change = composed(Layers.of(moved + grown, lying), effects, lying) + grown
    still = (change == 0) & (moved == whole)
    return torch.where(still, film, exposed(moved + change))


def depth(sheet: Sheet, share: Tensor, left: bool) -> Told:
    """How much fluid on a side takes the room most like a share (1, 1, S, S), upright or supine."""
    seen, chest = _seen(sheet, "Pleural Effusion", left), _even(sheet.chest)
    ways = {
        False: _likest(share, lambda v, _: effusion.effusion(chest, v) * seen, 0.0),
        True: _likest(share, lambda v, _: effusion.layered_effusion(chest, v) * seen, 0.0),
    }
    layered = ways[True][0] > ways[False][0]
    return Told(ways[layered][1], layered=layered)


def fall(sheet: Sheet, share: Tensor, left: bool) -> Told:
    """How far a lung has fallen on a side that leaves the room most like a share (1, 1, S, S).

    A share read by a net has islands and holes, a lung has not.
    """
    seen, chest = _seen(sheet, "Pneumothorax", left), _even(sheet.chest)
    _, severity, lean = _likest(share, lambda v, lean: FallenLung(chest, v, lean).emptied() * seen, 0.5)
    return Told(severity, lean)


def _likest(share: Tensor, made: Callable[[float, float], Tensor], leaning: float) -> tuple[float, float, float]:
    """The largest overlap with a share, and the severity and lean of it; leaning: first step of the lean."""
    share = F.interpolate(share, made(0.5, 0.0).shape[-2:], mode="area")
    best, step = (-1.0, 0.5, 0.0), (0.25, leaning)
    leans = (-1, 0, 1) if leaning else (0,)
    while step[0] > _FINEST:
        around = [(best[1] + i * step[0], best[2] + j * step[1]) for i, j in product((-1, 0, 1), leans)]
        shapes = {one: made(*one) for one in around if 0 < one[0] <= 1 and abs(one[1]) <= 1}
        best = max((float(x.minimum(share).sum() / x.maximum(share).sum()), *one) for one, x in shapes.items())
        step = step[0] / 2, step[1] / 2
    return best


def _seen(sheet: Sheet, name: str, left: bool) -> Tensor:
    return (sheet.place.left_half if left else 1 - sheet.place.left_half) * within(sheet.place, name)


def _even(chest: Chest) -> Chest:
    """With even borders: of how uneven they are a share tells nothing."""
    return replace(chest, tissue=torch.zeros_like(chest.tissue))


_TOLD: Mapping[str, Callable[[Sheet, Tensor, bool], Told]] = {"Pleural Effusion": depth, "Pneumothorax": fall}


def larger(sheet: Sheet, severity: float) -> Move:
    """How the border of the heart moves when it becomes so much larger."""
    return moves.cardiomegaly(sheet.place, severity, sheet.chest.tissue, np.random.default_rng(0))


LARGE, NORMAL, MOST = 0.5, 0.47, 0.25
"""Cardiothoracic ratio from which on a heart is large, the one that it is brought to, and the most that it loses."""


def too_large(place: Coordinates, share: Tensor) -> float:
    """By how much of the width of a chest (1, 1, h, w) its heart is too large: as the share (1, 1, s, s) that is to go
    tells, and no less than its cardiothoracic ratio does; 0 where it is not."""
    told = 0.0
    if float(share.max()) > LEAST:
        sheet = Sheet.of(place.resized(_COARSE, _COARSE), 0)
        told = MOST * _taking(
            float(share.mean()), lambda v: left_behind(sheet.place, moves.smaller_heart(sheet.place, MOST * v))
        )
    heart, thorax = widths(place)
    return min(MOST, max(told, heart / thorax - NORMAL if heart / thorax > LARGE else 0.0))


def growth(film: Tensor, sheet: Sheet, share: Tensor) -> Told:
    """How severe a large heart is that takes as much more of a film as a share (1, 1, S, S)."""
    whole = attenuation(F.interpolate(film, sheet.place.t.shape[-2:], mode="area"))
    return Told(_taking(float(share.mean()), lambda v: enlarged(whole, sheet.place, larger(sheet, v))[1]))


def _taking(taken: float, drawn: Callable[[float], Tensor]) -> float:
    """The severity at which what is drawn of it takes so much of a film, found by halving."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if float(drawn(middle).mean()) < taken else (low, middle)
    return (low + high) / 2

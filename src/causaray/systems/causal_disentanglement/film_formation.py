"""Fluid, air and a large heart as a film forms them: the map tells where they are, and physics what they hide.

The decoder of edits R paints what it learned from many films, and what it is not sure of it blurs: ribs beside a fallen
lung, the dome under fluid, the old border within a new heart. Of these three it is known how a film comes about, so the
map of the finding is all that is learned. It tells where the finding is and, by how much room it takes, how severe; the
film is taken apart into ribs, vessels and what lies at large (`anatomy.film.Layers`), as where findings are drawn.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt, label
from torch import Tensor
from torch.nn import functional as F

from causaray.anatomy import moves
from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.drawing import Sheet, body_of, composed, within
from causaray.anatomy.effects import Effects, fluid_effects
from causaray.anatomy.film import Layers, attenuation, exposed
from causaray.anatomy.hearts import enlarged
from causaray.anatomy.lesions import effusion
from causaray.anatomy.lesions.chest import Chest
from causaray.anatomy.lesions.pneumothorax import FallenLung
from causaray.anatomy.shapes import ramp, stroke
from causaray.anatomy.warps import Move
from causaray.nets.guide import blur

LEAST = 0.05
"""A map that grows by no more than this anywhere brings nothing."""
STRAY = 0.2
"""Of a share: what lies on one side and is less of it belongs to the other."""
_HALVINGS = 6
_COARSE = 128
"""Side in pixels at which the severity of a share is looked for."""


def fluid(sheet: Sheet, share: Tensor, severity: float) -> Effects:
    """What fluid does that takes a share (1, 1, S, S) of each place: it hides the dome under it, too."""
    place = sheet.place
    cage = ramp(0.985 - place.t, 0.04) * ramp(0.18 - place.below, 0.28)
    sunk = share.cummax(2).values  # no air is left under it
    return fluid_effects(place.t, place.height, sunk * cage, share)


def air(sheet: Sheet, share: Tensor, severity: float) -> Effects:
    """What free air does that takes a share (1, 1, S, S): no vessels where it is, and beside it a fallen lung, denser,
    its vessels drawn together, with a line of pleura where it is neither at the wall nor on the dome."""
    place, unit = sheet.place, share.shape[-1] / 128
    fallen, inside = FallenLung(sheet.chest, severity), _outside_of(_in_one(blur(share, 1.5 * unit)), unit)
    empty, lung = ramp(-inside, 1.0), ramp(inside, 1.0) * fallen.within
    parted = ramp(0.92 - place.t, 0.06) * ramp(place.apex - 0.07, 0.06) * ramp(-0.07 - place.below, 0.06)
    faint = (0.5 + 0.6 * sheet.chest.tissue).clamp(0.05, 1)  # the rays meet the pleura edge on here and there only
    line = stroke(inside - 0.4, 0.4, 0.7) * faint * fallen.within * parted
    thick = 0.26 + 0.1 * (1 - place.t.clamp(0, 1).square())
    return Effects.of(
        place.t,
        filled=fallen.denser() * lung,
        cleared=empty.maximum(lung),
        gathered=(1.05 - 0.35 * severity) * lung,
        from_x=fallen.before.dx,
        from_y=fallen.before.dy,
        added=0.1 * line - thick * (empty + fallen.rounded_edge() * lung),
        share=share,
    )


def _in_one(share: Tensor) -> Tensor:
    """The share without islands: air that is free runs together. Of a share (1, 1, S, S), a half at its border."""
    pieces, count = label(share[0, 0].numpy() > 0.5)
    if count < 2:
        return share
    largest = np.bincount(pieces.ravel())[1:].argmax() + 1
    other = torch.from_numpy((pieces > 0) & (pieces != largest))[None, None].float()
    return share * (1 - F.max_pool2d(other, 5, 1, 2))


def _outside_of(share: Tensor, unit: float) -> Tensor:
    """How far outside of a share, a half at its border, each pixel lies, in 128ths of the side; negative within it.

    Beside the border by how steep the share is there, between the pixels; farther off from pixel to pixel.
    """
    there = (share > 0.5)[0, 0].numpy()
    far = torch.from_numpy(distance_transform_edt(~there) - distance_transform_edt(there)).float()[None, None] / unit
    down, right = (torch.gradient(share, dim=dim)[0] for dim in (2, 3))
    near = (0.5 - share) / (down.square() + right.square()).sqrt().clamp(min=1e-3) / unit
    return torch.where(far.abs() < 2, near.clamp(-3, 3), far)


Once = Callable[[str, bool, Callable[[], float]], float]
"""Finding, whether it is on the left, and what finds how severe it is -> how severe it is."""
Form = Callable[[Sheet, Tensor, float], Effects]
"""Sheet, share (1, 1, S, S) and severity of a finding on one side -> what it does."""
FORMED: Mapping[str, Form] = {"Pleural Effusion": fluid, "Pneumothorax": air}
"""Findings that fill a place."""
GROWN = "Cardiomegaly"
"""Of which the border of the heart moves."""
_DRAWN: Mapping[str, Callable[[Chest, float], Tensor]] = {
    "Pleural Effusion": effusion.effusion,
    "Pneumothorax": lambda chest, severity: FallenLung(chest, severity).emptied(),
}
"""What takes the more room, the more severe: how severe a share is, is told by how much it takes."""


@dataclass(frozen=True, eq=False)
class Formation:
    """What is to be formed on B films: coordinates of their chests (B, 10, h, w), and by finding, of FORMED or GROWN,
    the share (B, 1, s, s) that comes."""

    place: Tensor
    coming: Mapping[str, Tensor]
    severities: dict[tuple[int, str, bool], float] = field(default_factory=dict)
    """What was found of films, findings and sides: a film may be asked for at two resolutions."""

    def on(self, film: Tensor, i: int) -> Tensor:
        """Film number i, (1, 1, S, S) in [0, 1] at any resolution, with what comes."""
        shares = {name: share[i : i + 1] for name, share in self.coming.items()}

        def once(name: str, left: bool, find: Callable[[], float]) -> float:
            if (i, name, left) not in self.severities:
                self.severities[i, name, left] = find()
            return self.severities[i, name, left]

        return formed(film, Coordinates.of(self.place[i : i + 1]), shares, once)

    def rows(self, chosen: Tensor) -> "Formation":
        """Of some of the films."""
        return Formation(self.place[chosen], {name: share[chosen] for name, share in self.coming.items()})

    @classmethod
    def joined(cls, parts: "Sequence[Formation | None]", counts: Sequence[int]) -> "Formation":
        """Those of several batches, of so many films each; None where nothing comes to any film of a batch."""
        one = next(part for part in parts if part is not None)
        none = {name: torch.zeros_like(of[:1]) for part in parts if part for name, of in part.coming.items()}

        def place(part: "Formation | None", n: int) -> Tensor:
            return one.place[:1].expand(n, -1, -1, -1) if part is None else part.place

        def share(name: str, part: "Formation | None", n: int) -> Tensor:
            return none[name].expand(n, -1, -1, -1) if part is None or name not in part.coming else part.coming[name]

        each = list(zip(parts, counts, strict=True))
        coming = {name: torch.cat([share(name, part, n) for part, n in each]) for name in none}
        return cls(torch.cat([place(part, n) for part, n in each]), coming)


@torch.no_grad()
def formed(film: Tensor, place: Coordinates, coming: Mapping[str, Tensor], once: Once = lambda *of: of[2]()) -> Tensor:
    """A film (1, 1, S, S) in [0, 1] to which findings come.

    place: the coordinates of its chest, of any size; coming: of each finding, of FORMED or GROWN, its share
    (1, 1, s, s). What nothing reaches stays as it is, bit for bit. Heart and mediastinum give way to much fluid or air
    on one side.
    """
    coming = {name: share for name, share in coming.items() if float(share.max()) > LEAST}
    if not coming:
        return film
    whole, small = attenuation(film), Sheet.of(place.resized(_COARSE, _COARSE), 0)
    sheet = Sheet.of(place.resized(*film.shape[-2:]), 0)
    effects, move, grown = Effects.of(whole), Move.none(whole), torch.zeros_like(whole)
    body, inner = body_of(whole)
    for name, share in coming.items():
        share = F.interpolate(share, film.shape[-2:], mode="bilinear", align_corners=False)
        if name == GROWN:
            heart = larger(sheet, once(name, False, partial(growth, film, small, share)))
            grown, _ = enlarged(whole, sheet.place, heart.on(inner))
            continue
        halves = {True: sheet.place.left_half, False: 1 - sheet.place.left_half}
        sides = {left: share * half for left, half in halves.items() if (share * half).sum() > STRAY * share.sum()}
        for left, part in sides.items():
            v = once(name, left, partial(severity, name, small, part, left))
            made = FORMED[name](sheet, part, v).on(halves[left] * within(sheet.place, name))
            effects = effects.beside(made)
            if len(sides) == 1:
                move = move + moves.SIDED[name](sheet.place, v, left)
    effects, move = effects.on(body), move.on(inner)
    moved = move.apply(whole) if bool((move.dx != 0).any()) else whole
    lying = Coordinates.of(move.apply(sheet.place.sheets()))
    grown = move.apply(grown)
    change = composed(Layers.of(moved + grown, lying), effects, lying) + grown
    still = (change == 0) & (moved == whole)
    return torch.where(still, film, exposed(moved + change))


def severity(name: str, sheet: Sheet, share: Tensor, left: bool) -> float:
    """The severity in (0, 1] at which a finding, drawn on a side, takes as much of it as a share (1, 1, S, S)."""
    seen = (sheet.place.left_half if left else 1 - sheet.place.left_half) * within(sheet.place, name)
    return _taking(float(share.mean()), lambda v: _DRAWN[name](sheet.chest, v) * seen)


def larger(sheet: Sheet, severity: float) -> Move:
    """How the border of the heart moves when it becomes so much larger."""
    return moves.cardiomegaly(sheet.place, severity, sheet.chest.tissue, np.random.default_rng(0))


def growth(film: Tensor, sheet: Sheet, share: Tensor) -> float:
    """The severity in (0, 1] at which the heart takes as much more of a film as a share (1, 1, S, S)."""
    whole = attenuation(F.interpolate(film, sheet.place.t.shape[-2:], mode="area"))
    return _taking(float(share.mean()), lambda v: enlarged(whole, sheet.place, larger(sheet, v))[1])


def _taking(taken: float, drawn: Callable[[float], Tensor]) -> float:
    """The severity at which what is drawn of it takes so much of a film, found by halving."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if float(drawn(middle).mean()) < taken else (low, middle)
    return (low + high) / 2

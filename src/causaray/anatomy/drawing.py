"""Findings drawn on a patient's own film: in attenuation, air gives way to tissue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.anatomy import moves
from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.devices import DEVICES, metal
from causaray.anatomy.effects import EFFECTS, IN_AIR, Effects
from causaray.anatomy.film import Layers, attenuation, blurred_within, exposed, spread
from causaray.anatomy.hearts import enlarged
from causaray.anatomy.lesions.chest import Chest
from causaray.anatomy.lesions.pneumothorax import HALF_CAGE
from causaray.anatomy.shapes import bump, ramp
from causaray.anatomy.warps import Move, Outline
from causaray.nets.guide import blur
from causaray.vocabulary import DEVICE

WORKING_SIDE = 640
"""Findings are drawn at no more than so many pixels a side, and laid on the film's own pixels."""
AIR = 0.03
"""Attenuation below which a film shows air, or a black border: nothing is drawn there."""
DRAWABLE = tuple(dict.fromkeys((*EFFECTS, *moves.UNSIDED, "Fracture", DEVICE)))
"""Findings that can be drawn."""
_OCTAVES = (4, 8, 16, 32)


@dataclass(frozen=True)
class Lesion:
    """One finding to be drawn.

    `severity` is in (0, 1]; `sides` holds "left", "right", both or, for a finding without sides, none; `where` is a
    lobe or zone, or the kind of a device.
    """

    name: str
    severity: float
    sides: tuple[str, ...] = ()
    where: str | None = None


@dataclass(frozen=True, eq=False)
class Drawn:
    """The film (1, 1, H, W) in [0, 1] with the findings, and the share (1, 1, H, W) of each pixel that is theirs."""

    film: Tensor
    share: Tensor


@dataclass(frozen=True, eq=False)
class Sheet:
    """What is drawn on: coordinates at the working resolution, the same as the lesions take them, chance."""

    place: Coordinates
    chest: Chest
    rng: np.random.Generator

    @classmethod
    def of(cls, place: Coordinates, seed: int) -> Sheet:
        rng = np.random.default_rng(seed)
        height, width = place.t.shape[-2:]
        half = max(Outline.of(place).thorax, 8.0) / 2 / HALF_CAGE
        column = ((torch.arange(width) + 0.5 - width / 2) / half).view(1, 1, 1, -1).expand(1, 1, height, width)
        row = ((torch.arange(height) + 0.5 - height / 2) / half).view(1, 1, -1, 1).expand(1, 1, height, width)
        tissue = _unevenness(rng, height, width)
        sides = (place.t, place.below, place.apex, place.x, place.height)
        return cls(place, Chest(*sides, column, row, tissue, 1 / half), rng)

    def moved(self, move: Move) -> Sheet:
        """With the organs where a move brings them; unevenness and chance stay."""
        place = Coordinates.of(move.apply(self.place.sheets()))
        t, below, apex, x, height = place.t, place.below, place.apex, place.x, place.height
        return replace(self, place=place, chest=replace(self.chest, t=t, below=below, apex=apex, x=x, height=height))


@dataclass(frozen=True, eq=False)
class _Changes:
    """Effects, displacement, devices and the growth of the heart of all findings together."""

    effects: Effects
    move: Move
    metal: Tensor
    heart: Move

    def beside(
        self,
        effects: Effects | None = None,
        move: Move | None = None,
        metal: Tensor | None = None,
        heart: Move | None = None,
    ) -> _Changes:
        return _Changes(
            self.effects if effects is None else self.effects.beside(effects),
            self.move if move is None else self.move + move,
            self.metal if metal is None else self.metal + metal,
            self.heart if heart is None else self.heart + heart,
        )


def draw(film: Tensor, place: Coordinates, lesions: Sequence[Lesion], seed: int) -> Drawn:
    """Draw findings on a film (1, 1, H, W) in [0, 1] of which the coordinates are known, (1, 1, H, W) or coarser.

    The same film, findings and seed give the same bytes; pixels that no finding reaches are the film's own, bit by bit.
    """
    height, width = film.shape[-2:]
    factor = min(1.0, WORKING_SIDE / max(height, width))
    small = film
    if factor < 1:
        small = F.interpolate(film, size=(round(height * factor), round(width * factor)), mode="area")
    change, move, share = _change(attenuation(small), place, lesions, seed)
    if factor < 1:
        change, share = (F.interpolate(x, size=(height, width), mode="bilinear") for x in (change, share))
    whole = after = attenuation(film)
    still = change == 0
    if bool((move.dx != 0).any() or (move.dy != 0).any()):
        move = move.scaled(height, width) if factor < 1 else move
        still &= (move.dx == 0) & (move.dy == 0)
        after = move.apply(whole, "bicubic")
    return Drawn(torch.where(still | (whole < AIR), film, exposed(after + change)), share)


def _change(whole: Tensor, place: Coordinates, lesions: Sequence[Lesion], seed: int) -> tuple[Tensor, Move, Tensor]:
    """What is added to the attenuation after the move, the move, and the share of all findings."""
    sheet = Sheet.of(place.resized(*whole.shape[-2:]), seed)
    changes = _Changes(Effects.of(whole), Move.none(whole), torch.zeros_like(whole), Move.none(whole))
    for lesion in lesions:
        changes = _with(changes, sheet, lesion)
    body, inner = body_of(whole)
    changes = _Changes(changes.effects.on(body), changes.move.on(inner), changes.metal * body, changes.heart.on(inner))
    share = changes.effects.share.maximum((changes.metal / 0.2).clamp(max=1))
    grown = torch.zeros_like(whole)
    if bool((changes.heart.dx != 0).any()):
        added, new = enlarged(whole, sheet.place, changes.heart)
        grown = changes.move.apply(added)
        if any(lesion.name in ("Cardiomegaly", "Edema") for lesion in lesions):
            share = share.maximum(changes.move.apply(new))
    place = sheet.moved(changes.move).place  # of the organs as they lie now
    layers = Layers.of(changes.move.apply(whole, "bicubic") + grown, place)
    change = composed(layers, changes.effects, place) + changes.metal + grown
    return change, changes.move, share


def _with(changes: _Changes, sheet: Sheet, lesion: Lesion) -> _Changes:
    """One more finding."""
    place, chest, rng, v = sheet.place, sheet.chest, sheet.rng, lesion.severity
    if lesion.name == DEVICE:
        parts = DEVICES[lesion.where or "pacemaker"]("right" not in lesion.sides, rng)
        return changes.beside(metal=metal(place, parts))
    if lesion.name == "Fracture":
        move, bruise = moves.fracture(chest, v, rng)
        side = _sides(place, lesion)
        return changes.beside(Effects.of(chest.t, added=0.25 * bruise * side, share=bruise * side), move.on(side))
    if lesion.name in moves.SIDED and len(lesion.sides) == 1:
        move = moves.SIDED[lesion.name](place, v, lesion.sides == ("left",))
        changes, sheet = changes.beside(move=move), sheet.moved(move)
    if lesion.name == "Pleural Effusion" and len(lesion.sides) == 1:
        changes = changes.beside(heart=moves.leaning(place, v, lesion.sides == ("left",)))
    if lesion.name in EFFECTS:
        effects = EFFECTS[lesion.name](sheet.chest, v, lesion.where, rng)
        changes = changes.beside(effects.on(_sides(sheet.place, lesion) * within(sheet.place, lesion.name)))
    if lesion.name == "Edema":  # the heart that fails is large
        changes = changes.beside(heart=moves.cardiomegaly(place, 0.45 * v, chest.tissue, rng).on(torch.tensor(0.6 * v)))
    if lesion.name in moves.UNSIDED:
        move = moves.UNSIDED[lesion.name](place, v, chest.tissue, rng)
        return changes.beside(heart=move) if lesion.name == "Cardiomegaly" else changes.beside(move=move)
    return changes


def _sides(place: Coordinates, lesion: Lesion) -> Tensor:
    if not lesion.sides:
        return torch.ones_like(place.t)
    left, right = (float(side in lesion.sides) for side in ("left", "right"))
    return left * place.left_half + right * (1 - place.left_half)


def within(place: Coordinates, name: str) -> Tensor:
    """1 where a finding may be seen: in and close about the lungs, of air in the lungs alone."""
    if name in IN_AIR:
        return ramp(place.lungs - 0.5, 0.6) * ramp(0.7 - place.heart, 0.5)
    unit = max(place.t.shape[-2:]) / 128
    reach = 9.0 if name == "Pleural Effusion" else 2.5  # it hides the dome on which it lies
    least = 0.08 if name == "Pleural Effusion" else 0.16
    close = ramp(blur(place.lungs.maximum(place.heart), reach * unit) - least, 0.2)
    if name in ("Enlarged Cardiomediastinum", "Pleural Effusion"):
        return close
    trachea = ramp(-0.35 - place.height, 0.2) * ramp(0.1 - place.x.abs(), 0.08)
    return close * (1 - 0.85 * place.heart * trachea)  # it is not filled


def composed(layers: Layers, effects: Effects, place: Coordinates) -> Tensor:
    """The change of the attenuation. Fluid hides vessels, dulls ribs, and leaves no outline of heart or dome."""
    ribs = layers.whole - layers.base - layers.vessels - layers.grain
    outline = (4 * place.heart * (1 - place.heart)).maximum(bump((place.below / 0.2).square())).clamp(max=1)
    in_fluid = ramp(effects.fluid - 0.5, 0.7) * ramp(place.x.abs() - 0.16, 0.2)  # no heart is seen there
    beside_spine = ramp(place.x.abs() - 0.24, 0.36)
    lacking = layers.soft + effects.fluid * beside_spine * (layers.water - layers.soft) - layers.base
    too_much = outline.maximum(in_fluid) * ramp(0.03 - place.below, 0.1) * lacking.clamp(max=0)
    fill = effects.filled * (lacking.clamp(min=0) + too_much)
    dulled = effects.filled * (0.3 + 0.65 * outline)
    air = ramp(lacking / layers.contrast - 0.25, 0.5)  # none is gained where there was no lung
    added = effects.added.clamp(min=0) + air * effects.added.clamp(max=0)
    change = fill + layers.contrast * added - dulled * ribs - 0.92 * effects.cleared * layers.vessels
    if bool(effects.fluid.any()):
        change = change - _seen_through(layers.whole + change, place, effects.fluid)
    if bool(effects.gathered.any()):
        before = Move(effects.from_x, effects.from_y).apply(layers.vessels * place.aerated)
        change = change + effects.gathered * before
    if bool(effects.swollen.any()):
        wide = blur(layers.vessels.clamp(min=0), 1.1 * max(place.t.shape[-2:]) / 128)
        change = change + effects.swollen * (2.4 * wide - 0.5 * layers.vessels)
    return change


def _seen_through(after: Tensor, place: Coordinates, fluid: Tensor) -> Tensor:
    """What still shows through dense fluid of what is under it, but for a trace of ribs and for metal, less a mottle
    as in the dense tissue of this film."""
    unit, dense = max(after.shape[-2:]) / 128, ramp(fluid - 0.6, 0.5)
    coarse = blur(after, 1.2 * unit) - blurred_within(after, dense, 2.5 * unit)
    fine = after - blur(after, 1.2 * unit)
    belly = (place.below > 0.1) & (place.below < 0.4) & (place.t < 0.8)
    mottle = blur(torch.randn(after.shape, generator=torch.Generator().manual_seed(0)), 0.5 * unit)
    grain, own = (one - blur(one, 0.4 * unit) for one in (after, mottle))
    mottle = 0.3 * spread(grain[belly]) / spread(own) * mottle
    return dense * (0.3 * coarse.clamp(-0.08, 0.08) + 0.95 * fine.clamp(-0.05, 0.05) - mottle)


def body_of(whole: Tensor) -> tuple[Tensor, Tensor]:
    """1 where the beam met the body, 0 in air and on a black border; and the same away from the borders of the film."""
    lit = (whole > 0.04).float()
    height, width = whole.shape[-2:]
    unit = max(height, width) / 128
    body = ramp(blur(lit, unit) - 0.6, 0.5) * lit
    rows, columns = (lit[0, 0].mean(dim) > 0.2 for dim in (1, 0))
    inner = _between(rows, 9 * unit)[:, None] * _between(columns, 9 * unit)[None]
    return body, inner[None, None]


def _between(lit: Tensor, margin: float) -> Tensor:
    """(L,): 0 outside of the first and the last that is lit, rising to 1 over a margin."""
    at = torch.arange(len(lit)).float()
    where = torch.nonzero(lit)[:, 0]
    first, last = (float(where[0]), float(where[-1])) if len(where) else (0.0, len(lit) - 1.0)
    return ramp(torch.minimum(at - first, last - at) / margin - 0.6, 0.8)


def _unevenness(rng: np.random.Generator, height: int, width: int) -> Tensor:
    """A smooth random field (1, 1, H, W) of about unit variance: octave by octave, each finer one weaker."""
    total = torch.zeros(1, 1, height, width)
    for cells in _OCTAVES:
        octave = torch.from_numpy(rng.standard_normal((1, 1, cells, cells), np.float32)) * (3.2 / cells)
        total += F.interpolate(octave, size=(height, width), mode="bicubic", align_corners=False)
    return total

"""What is seen of films before and after an edit: by lesion maps, by the anatomy, and in the change itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import torch
from torch import Tensor
from torch.nn import functional as F

from causaray import weightfiles
from causaray.anatomy.areas import told_areas
from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.reader import Reading
from causaray.editors.protocol import Segmenter, segmenter
from causaray.editors.spec import EditorSpec
from causaray.evaluation.verdict.lines import line_length
from causaray.verdict import Evidence
from causaray.vocabulary import PATIENT_SIDES

SHIPPED = "cxr-128"
"""Weights whose maps see findings in any film, edited or not."""


@dataclass(frozen=True, eq=False)
class LesionMaps:
    """Where findings are: `maps` of an editor that tells, `names` its findings, `size` the side it looks at."""

    maps: Segmenter
    names: tuple[str, ...]
    size: int

    @classmethod
    @cache
    def shipped(cls) -> Self | None:
        """Of the weights that ship; None where these are not there."""
        known = {folder.name: folder for folder in weightfiles.shipped()}
        if SHIPPED not in known:
            return None
        editor = EditorSpec.of(known[SHIPPED]).open("cpu")
        one = segmenter(editor)
        return None if one is None or editor.size is None else cls(one, editor.names, editor.size)

    def areas(self, films: Tensor, place: Coordinates) -> list[dict[str, dict[str, float]]]:
        """Of each film (n, 1, S, S): finding -> side -> share of that side's lung; place: the chests' coordinates."""
        square = F.interpolate(films, (self.size, self.size), mode="bilinear", antialias=True).clamp(0, 1)
        return told_areas(place, self.maps.segment(square), self.names)


def evidence(
    maps: LesionMaps | None, reading: Reading, count: int, change: Sequence[Mapping[str, Any] | None]
) -> list[Evidence]:
    """The evidence of `count` edits.

    reading: the films, then as many films after their edit. change: how the signs of each changed, as the record says
    it. Everything is measured where the film has its lungs before the edit.
    """
    before, after = reading.films[:count], reading.films[count:]
    place = reading.place.rows(list(range(count)))
    nothing: list[dict[str, dict[str, float]]] = [{}] * count
    then, now = (maps.areas(films, place) if maps else nothing for films in (before, after))
    return [_one(before[i], after[i], place.rows([i]), then[i], now[i], change[i]) for i in range(count)]


def _one(
    before: Tensor,
    after: Tensor,
    place: Coordinates,
    then: Mapping[str, Any],
    now: Mapping[str, Any],
    change: Mapping[str, Any] | None,
) -> Evidence:
    moved = (after - before)[None]
    size = moved.abs()
    whole = float(size.sum())
    chest = torch.maximum(place.lungs, place.heart).clamp(0, 1)
    signs = change or {}
    return Evidence(
        areas={name: {side: (then[name][side], now[name][side]) for side in PATIENT_SIDES} for name in then},
        heart=signs.get("cardiothoracic_ratio"),
        blunted=signs.get("angle_blunting") or dict.fromkeys(PATIENT_SIDES),
        brighter={side: _mean(moved, getattr(place, side)) for side in PATIENT_SIDES},
        on_left=float((size * place.left_half).sum()) / whole if whole > 0 else None,
        outside=float((size * (1 - chest)).sum()) / whole if whole > 0 else None,
        line=line_length(moved[0, 0]) - line_length(-moved[0, 0]),
    )


def _mean(sheet: Tensor, where: Tensor) -> float:
    return float((sheet * where).sum() / where.sum().clamp(min=1.0))

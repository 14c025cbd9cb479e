"""Where the shipped weights see findings in a film that is not edited."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from causaray import weightfiles
from causaray.anatomy.areas import told_areas
from causaray.anatomy.reader import Reading
from causaray.editors.protocol import segmenter
from causaray.editors.spec import EditorSpec
from causaray.scan import Scan

SHIPPED = "cxr-128"
LEAST = 0.02
"""Of a lung: a finding that fills less on either side is not told."""


@dataclass(frozen=True)
class Seen:
    """The findings that weights see in a film, those that fill most first.

    weights: their name. areas: finding -> side -> share of that side's lung. maps: finding -> how much of each place of
    the letterboxed film it takes, (p, p) in [0, 1].
    """

    weights: str
    areas: dict[str, dict[str, float]]
    maps: dict[str, Tensor]


def seen_in(scan: Scan, reading: Reading) -> Seen | None:
    """What is seen in a scan whose chest is film 0 of a reading; None where no weights ship that tell."""
    known = {folder.name: folder for folder in weightfiles.shipped()}
    if SHIPPED not in known:
        return None
    editor = EditorSpec.of(known[SHIPPED]).open("cpu")
    one = segmenter(editor)
    if one is None or editor.size is None:
        return None
    maps = one.segment(torch.from_numpy(scan.square(editor.size).pixels)[None, None])
    (areas,) = told_areas(reading.place.rows([0]), maps, editor.names)
    told = sorted(
        (name for name, sides in areas.items() if max(sides.values()) >= LEAST),
        key=lambda name: -sum(areas[name].values()),
    )
    columns = {name: i for i, name in enumerate(editor.names)}
    return Seen(editor.weights, {name: areas[name] for name in told}, {name: maps[0, columns[name]] for name in told})

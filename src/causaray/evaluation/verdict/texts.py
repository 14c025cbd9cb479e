"""The text of edits that no record was written of: what `edit` would say of them, but for the judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from causaray import weightfiles
from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.reader import SHIPPED, AnatomyReader, Reading
from causaray.anatomy.signs import change, measure
from causaray.evaluation.verdict.evidence import LesionMaps, evidence
from causaray.findings import Findings
from causaray.interpretation import interpretation
from causaray.place import CHANGED
from causaray.verdict import verdict


@dataclass(frozen=True, eq=False)
class Interpreter:
    """What reads the anatomy of films, and what sees findings in them."""

    reader: AnatomyReader
    maps: LesionMaps

    @classmethod
    def shipped(cls) -> Self | None:
        """By the weights that ship; None where these are not there."""
        maps = LesionMaps.shipped()
        ships = SHIPPED in {folder.name for folder in weightfiles.shipped()}
        return cls(AnatomyReader.load(), maps) if ships and maps else None

    def texts(self, before: Reading, after: Tensor, requests: Sequence[Findings]) -> list[str | None]:
        """The text of each edit, None where the anatomy of the film cannot be read.

        before: the films as they were read. after: (n, 1, S, S) in [0, 1]. The judge is not asked: it would say no more
        than whether a finding was there already, and is what texts are held against.
        """
        later, count = self.reader.read(after), len(after)
        both = Reading(
            torch.cat([before.films, later.films]),
            Coordinates.of(torch.cat([before.place.sheets(), later.place.sheets()])),
            torch.cat([before.doubt, later.doubt]), before.limit,
        )  # fmt: skip
        signs = [_signs(both, i, count + i) for i in range(count)]
        seen = evidence(self.maps, both, count, [one["change"] for one in signs])
        told = list[str | None]()
        for i, request in enumerate(requests):
            changed = bool((both.films[count + i] - both.films[i]).abs().max() >= CHANGED)
            said = verdict(request, seen[i], {}, {}, changed) if request else None
            text = interpretation(request, said, seen[i], signs[i], {}, changed)
            told.append(text if both.readable(i) else None)
        return told


def _signs(reading: Reading, before: int, after: int) -> dict[str, Any]:
    """What a text asks of `signs` of the record."""
    films = [measure(reading.films[i : i + 1], reading.place.rows([i]), with_lucency=False).record()
             for i in (before, after)]  # fmt: skip
    return {"factual": films[0], "counterfactual": films[1], "change": change(*films)}

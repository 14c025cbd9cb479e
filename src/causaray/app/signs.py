"""The signs of an edit: what is measured of the film before and after it, and how that changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from causaray.anatomy.reader import Reading
from causaray.anatomy.signs import change
from causaray.app.films import FilmReader
from causaray.scan import Scan

NO_WEIGHTS = "No signs are measured: the weights anatomy-128, which read films, are not there."
DOUBTFUL = (
    "The counterfactual can be read only with doubt ({doubt:.2f}, the limit is {limit:.2f}); its signs may be wrong."
)


def told_signs(films: FilmReader | None, before: Sequence[Scan], after: Sequence[Scan]) -> list[dict[str, Any]]:
    """`signs` and `signs_note` of each counterfactual; all images are read as one batch."""
    if films is None:
        return [{"signs": None, "signs_note": NO_WEIGHTS} for _ in before]
    reading, n = films.read([*before, *after]), len(before)
    return [_told(reading, i, n + i, fault) for i, fault in enumerate(films.faults(reading, range(n)))]


def _told(reading: Reading, before: int, after: int, fault: str | None) -> dict[str, Any]:
    if fault:
        return {"signs": None, "signs_note": f"No signs are measured: the film {fault}"}
    factual, counterfactual = (reading.signs(i).record() for i in (before, after))
    doubt, readable = float(reading.doubt[after]), reading.readable(after)
    signs = {
        "factual": factual,
        "counterfactual": counterfactual,
        "change": change(factual, counterfactual),
        "doubt": {"factual": round(float(reading.doubt[before]), 3), "counterfactual": round(doubt, 3)},
        "readable": readable,
    }
    return {"signs": signs, "signs_note": None if readable else DOUBTFUL.format(doubt=doubt, limit=reading.limit)}

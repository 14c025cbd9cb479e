"""The signs of an edit: what is measured of the film before and after it, how that changed, and what the change is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from causaray.anatomy.reader import Reading
from causaray.anatomy.signs import change
from causaray.app.films import FilmReader
from causaray.evaluation.verdict.evidence import LesionMaps, evidence
from causaray.scan import Scan
from causaray.verdict import Evidence

NO_WEIGHTS = "No signs are measured: the weights anatomy-128, which read films, are not there."
DOUBTFUL = (
    "The counterfactual can be read only with doubt ({doubt:.2f}, the limit is {limit:.2f}); its signs may be wrong."
)


@dataclass(frozen=True)
class Observed:
    """What is seen of one edit: `told` holds `signs` and `signs_note` of the record; `evidence` is what a verdict rests
    on, None for a film that cannot be read."""

    told: dict[str, Any]
    evidence: Evidence | None


def observed(films: FilmReader | None, before: Sequence[Scan], after: Sequence[Scan]) -> list[Observed]:
    """What is seen of each edit; all images are read as one batch."""
    if films is None:
        return [Observed({"signs": None, "signs_note": NO_WEIGHTS}, None) for _ in before]
    reading, n = films.read([*before, *after]), len(before)
    told = [_told(reading, i, n + i, fault) for i, fault in enumerate(films.faults(reading, range(n)))]
    changes = [one["signs"] and one["signs"]["change"] for one in told]
    seen = evidence(LesionMaps.shipped(), reading, n, changes)
    return [Observed(one, None if one["signs"] is None else its) for one, its in zip(told, seen, strict=True)]


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

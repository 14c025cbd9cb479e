"""Scores of report reading: F1 of the findings present, and how often side and severity are right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from causaray.evaluation.statistics.bootstrap import Estimate, estimate
from causaray.reports.evaluation.gold import Annotated, mapping
from causaray.reports.reading import Mention, Reading
from causaray.vocabulary import NAMES, SEVERITIES

FEWEST = 20
"""Findings with fewer annotated reports are left out of the macro mean."""
_SIDES = {"left": {"left"}, "right": {"right"}, "bilateral": {"left", "right"}}


@dataclass(frozen=True)
class Said:
    """What is said of one finding in one report: the patient's sides, and the highest severity."""

    sides: frozenset[str]
    severity: str | None


Table = Mapping[str, Said]
"""Finding -> what is said of it, in one report."""


def of_people(found: Sequence[Annotated]) -> Table:
    """The annotations of a report."""
    return {name: _said([one for one in found if one.name == name]) for name in sorted({one.name for one in found})}


def of_reading(reading: Reading) -> Table:
    """What an annotator would index of a reading: what is stated or probable, both of two alternatives, and opacities
    that are explained, as the annotators do ("density due to soft tissue").

    What is only possible is not indexed, and neither are the devices that the annotators leave out.
    """
    shown = [m for m in reading.told if _indexed(m)]
    names = sorted({m.finding.name for m in shown} - {"No Finding"})
    return {name: _said([m.finding for m in shown if m.finding.name == name]) for name in names}


def _indexed(mention: Mention) -> bool:
    shown = mention.finding.state == "present" or mention.certainty in ("either", "explained")
    return shown and mention.device not in mapping()["not_indexed"]


def _said(found: Sequence[Any]) -> Said:
    sides = frozenset(side for one in found if one.side for side in _SIDES[one.side])
    return Said(sides, max((one.severity for one in found if one.severity), key=SEVERITIES.index, default=None))


def score(people: Sequence[Table], read: Sequence[Table]) -> dict[str, Any]:
    """All figures of one reader over reports, with 95 % intervals by drawing reports.

    micro and macro (over findings with FEWEST annotated reports) F1, precision and recall; side and severity, where
    both name the finding and people say one; and by finding.
    """
    hits = np.array([[(n in p) and (n in r) for n in NAMES] for p, r in zip(people, read, strict=True)], dtype=float)
    told = np.array([[n in p for n in NAMES] for p in people], dtype=float)
    found = np.array([[n in r for n in NAMES] for r in read], dtype=float)
    rows = np.arange(len(people))
    often = told.sum(0) >= FEWEST
    return {
        "reports": len(people),
        "f1": estimate(lambda at: _f1(hits[at].sum(), told[at].sum(), found[at].sum()), rows),
        "macro_f1": estimate(lambda at: _macro(hits[at], told[at], found[at], often), rows),
        "precision": float(hits.sum() / found.sum()),
        "recall": float(hits.sum() / told.sum()),
        "side": _share([p[n].sides == r[n].sides for p, r in _pairs(people, read) for n in p if n in r and p[n].sides]),
        "severity": _share(
            [p[n].severity == r[n].severity for p, r in _pairs(people, read) for n in p if n in r and p[n].severity]
        ),
        "by_finding": {
            name: {
                "n": int(told[:, j].sum()),
                "precision": float(hits[:, j].sum() / max(found[:, j].sum(), 1)),
                "recall": float(hits[:, j].sum() / told[:, j].sum()),
                "f1": float(_f1(hits[:, j].sum(), told[:, j].sum(), found[:, j].sum())),
            }
            for j, name in enumerate(NAMES)
            if told[:, j].any()
        },
    }


def _pairs(people: Sequence[Table], read: Sequence[Table]) -> list[tuple[Table, Table]]:
    return list(zip(people, read, strict=True))


def _share(right: Sequence[bool]) -> Estimate | None:
    """The share of truths, with its interval; None of nothing."""
    values = np.array(right, dtype=float)
    return estimate(lambda at: float(values[at].mean()), np.arange(len(values))) if len(values) else None


def _f1(hits: float, told: float, found: float) -> float:
    return 2 * hits / (told + found) if told + found else float("nan")


def _macro(hits: np.ndarray, told: np.ndarray, found: np.ndarray, often: np.ndarray) -> float:
    each = [_f1(hits[:, j].sum(), told[:, j].sum(), found[:, j].sum()) for j in np.flatnonzero(often)]
    return float(np.nanmean(each)) if each else float("nan")

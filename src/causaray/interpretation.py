"""What an edit changed, as a radiologist would write it: what, where, how much, and nothing that is not measured.

The text is made by rules of the request, the evidence and the verdict. What the verdict calls not shown is told as not
seen; what the change looks like instead is told where the same rules find it. Its sentences are such as the reader of
reports reads back (`reports.told_changes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from causaray.finding import Finding
from causaray.findings import Findings
from causaray.verdict import (
    HIGH,
    LEAST,
    NOT_KNOWN,
    NOT_SHOWN,
    PARTLY,
    SHOWN,
    UNSIDED,
    USUAL,
    Evidence,
    Verdict,
    alike,
    seen,
)
from causaray.vocabulary import DEVICE, PATIENT_SIDES

Signs = Mapping[str, Any]
"""`signs` of the record."""
Judged = Mapping[str, tuple[float, float]]
"""Finding -> the judge's probability before and after."""
NORMAL_HEART = 0.5
"""Cardiothoracic ratio up to which a heart is not called large."""
OTHER_SIDE = 0.5
"""A finding changed on both sides where the lesser side has so much of the change of the other, and at least LEAST."""
DENSER = 0.03
"""By how much more than the other thirds of a lung one of them has to have changed to be named."""
PLACED = frozenset({"Consolidation", "Pneumonia", "Infiltration", "Atelectasis"})
"""Findings of which the third of the lung is told."""
MOST = 0.5
"""Share of the larger of two areas from which the lesser is of a finding: maps give a little to healthy lungs, too."""
KINDS = {True: ("new", "worse"), False: ("resolved", "better")}
"""Whether there is more afterwards -> kind of change where the film with less shows none of it, and where some."""
FILMS = ("factual", "counterfactual")
NOTHING = "No change."
UNREAD = "What changed is not described: the anatomy of the film cannot be read."
UNLIKE = "What changed is not like a finding that is measured."


@dataclass(frozen=True)
class SeenChange:
    """A finding that came or went, as it is measured.

    finding: with the side, and the third of the lung, where it changed. kind: new, worse, better or resolved. before,
    after: share of the lung of that side, or of both, that the lesion maps give to it; of Cardiomegaly the
    cardiothoracic ratio; None where nothing is measured.
    """

    finding: Finding
    kind: str
    before: float | None
    after: float | None

    def to_text(self) -> str:
        """One sentence, such as "New left pleural effusion, taking up 17% of the left lung."."""
        if self.finding.name == DEVICE:
            return "New support devices." if self.kind == "new" else "Support devices have been removed."
        return _heart(self) if self.finding.name == "Cardiomegaly" else _sentence(self)


@dataclass(frozen=True)
class Look:
    """What is measured of an edit: evidence, signs (None where they are not known) and what the judge said."""

    evidence: Evidence
    signs: Signs | None
    judged: Judged

    def change(self, finding: Finding) -> SeenChange:
        """How a finding that came (present) or went (absent) changed, where and by how much."""
        came, name = finding.state == "present", finding.name
        if name == "Cardiomegaly":
            return self._heart(came)
        if name == DEVICE:  # no map measures one
            return SeenChange(Finding(name), KINDS[came][False], None, None)
        sides, less, more = _where(name, self.evidence if came else self.evidence.backward())
        left_over = less > max(LEAST[name], MOST * more)
        if name in self.judged:
            had = self.judged[name][0 if came else 1] >= HIGH
            left_over = left_over and had if came else left_over or had
        side = None if name in UNSIDED else sides[0] if len(sides) == 1 else "bilateral"
        placed = Finding(name, side=side, location=self._third(side, came) if name in PLACED else None)
        if name == "Enlarged Cardiomediastinum":  # no part of a lung
            return SeenChange(placed, KINDS[came][left_over], None, None)
        return SeenChange(placed, KINDS[came][left_over], *((less, more) if came else (more, less)))

    def _heart(self, larger: bool) -> SeenChange:
        before, after = (((self.signs or {}).get(film) or {}).get("cardiothoracic_ratio") for film in FILMS)
        least = before if larger else after
        left_over = least is not None and least > NORMAL_HEART
        return SeenChange(Finding("Cardiomegaly"), KINDS[larger][left_over], before, after)

    def _third(self, side: str | None, came: bool) -> str | None:
        """The third of one lung whose opacity changed by far the most, as a location."""
        opacity = ((self.signs or {}).get("change") or {}).get("opacity")
        if side not in PATIENT_SIDES or not opacity or None in opacity[side].values():
            return None
        sizes = sorted(((change if came else -change, third) for third, change in opacity[side].items()), reverse=True)
        (most, third), (next_most, _) = sizes[:2]
        return f"{third} zone" if most - next_most >= DENSER else None

    def largest(self, without: frozenset[str]) -> SeenChange | None:
        """Of the findings that the verdict's rules see come or go, all but some, the one that changed most."""
        found = [
            self.change(Finding(name, state))
            for name in USUAL
            for state in ("present", "absent")
            if name not in without and seen(Finding(name, state), self.evidence) == SHOWN
        ]
        return max(found, key=lambda one: self._size(one.finding.name), default=None)

    def _size(self, name: str) -> float:
        """By how much the map of a finding, or of one alike, changed, on the scale of USUAL."""
        maps = [self.evidence.areas[one] for one in alike(name) if one in self.evidence.areas]
        return max(abs(after - before) for sides in maps for before, after in sides.values()) / USUAL[name]


def interpretation(
    request: Findings,
    said: Verdict | None,
    evidence: Evidence | None,
    signs: Signs | None,
    judged: Judged,
    changed: bool,
) -> str:
    """The text of an edit: what was asked for; where none of that is shown, what the change is like instead.

    said: the verdict on the request, None where that is empty. evidence: None for a film whose anatomy cannot be read.
    judged: it says no more than whether a finding was there already. changed: whether any pixel changed enough to be
    seen.
    """
    if not changed:
        return NOTHING
    if evidence is None:
        return UNREAD
    look, words = Look(evidence, signs, judged), said.findings if said else {}
    asked = [finding for finding in request if finding.to_text() in words]
    told = [_asked(finding, words[finding.to_text()], look) for finding in asked]
    if not {SHOWN, PARTLY} & {words[one.to_text()] for one in asked if one.name != "No Finding"}:
        instead = look.largest(frozenset(name for finding in asked for name in alike(finding.name)))
        told += [instead.to_text()] if instead else []
    return " ".join(filter(None, told)) or UNLIKE


def _asked(finding: Finding, word: str, look: Look) -> str:
    """What became of a finding that was asked for, in the verdict's sense."""
    came, named = finding.state == "present", replace(finding, state="present", severity=None)
    if finding.name == "No Finding":
        return "" if word in (SHOWN, NOT_KNOWN) else "Not all that was seen before has gone."
    if word == NOT_KNOWN:
        return f"{_capital(named)} cannot be assessed."
    if word == NOT_SHOWN and finding.name == DEVICE:
        return "No new support devices are seen." if came else "Support devices are unchanged."
    if word == NOT_SHOWN:
        return f"No new {named.to_text()} is seen." if came else f"{_capital(named)} has not decreased."
    change = look.change(finding)
    return (replace(change, kind="better") if word == PARTLY else change).to_text()


def _where(name: str, evidence: Evidence) -> tuple[list[str], float, float]:
    """The sides on which a finding grew, and its area there before and after, by the map that grew most."""
    each = [evidence.areas[one] for one in alike(name) if one in evidence.areas]
    areas = max(each, key=lambda sides: max(after - before for before, after in sides.values()))
    grown = {side: after - before for side, (before, after) in areas.items()}
    most = max(grown.values())
    sides = [side for side in PATIENT_SIDES if grown[side] >= max(OTHER_SIDE * most, LEAST[name])]
    sides = sides or [max(grown, key=grown.__getitem__)]
    before, after = (sum(areas[side][i] for side in sides) / len(sides) for i in (0, 1))
    return sides, before, after


def _sentence(change: SeenChange) -> str:
    finding, name = change.finding, _capital(change.finding)
    lung = f"the {finding.side} lung" if finding.side in PATIENT_SIDES else "both lungs"
    before, after = (None if area is None else _share(area) for area in (change.before, change.after))
    if change.kind == "resolved":
        return f"{name} has resolved."
    if change.kind == "new":
        return f"New {finding.to_text()}{f', taking up {after} of {lung}' if after else ''}."
    amount = f", from {before} to {after} of {lung}" if before and after else ""
    return f"{name} has {'increased' if change.kind == 'worse' else 'decreased'}{amount}."


def _heart(change: SeenChange) -> str:
    """Of the heart: one that stays within the normal range is never called cardiomegaly."""
    before, after = change.before, change.after
    larger = change.kind in ("new", "worse")
    if before is None or after is None:
        return f"The heart is {'larger' if larger else 'smaller'}."
    ratio = f"cardiothoracic ratio {after:.2f}, previously {before:.2f}"
    if max(before, after) <= NORMAL_HEART:
        return f"The heart is {'larger' if larger else 'smaller'}, within the normal range: {ratio}."
    if change.kind == "new":
        return f"New cardiomegaly, {ratio}."
    return f"Cardiomegaly has {HEART[change.kind]}, {ratio}."


HEART = {"worse": "increased", "better": "decreased", "resolved": "resolved"}


def _share(area: float) -> str:
    return f"{area:.0%}" if area >= 0.01 else "less than 1%"


def _capital(finding: Finding) -> str:
    text = finding.to_text()
    return text[:1].upper() + text[1:]

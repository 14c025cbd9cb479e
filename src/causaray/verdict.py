"""Whether an edit shows what was asked for: one word, one sentence, and nothing that was not measured.

The rules are plain and their limits are few, so that a reader can follow them. The limits were set on drawn pairs of
training and validation patients and on phantoms; docs/results/verdict.md says how often they are right on others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from causaray.finding import Finding
from causaray.findings import Findings
from causaray.vocabulary import DEVICE, PATIENT_SIDES

SHOWN, PARTLY, NOT_SHOWN, NOT_KNOWN = "shown", "partly", "not shown", "not known"
ALIKE = (("Consolidation", "Pneumonia", "Infiltration"), ("Mass", "Nodule"))
"""Findings that look alike: what the map of one takes counts for all."""
USUAL: Mapping[str, float] = {
    "Atelectasis": 0.09, "Consolidation": 0.33, "Edema": 0.43, "Emphysema": 0.06, "Enlarged Cardiomediastinum": 0.23,
    "Mass": 0.1, "Pleural Effusion": 0.17, "Pneumothorax": 0.34, "Cardiomegaly": 0.09,
}  # fmt: skip
"""By how much of a lung the map of a finding (the first of those alike) grows at a middling one: the scale on which
findings are compared."""
LEAST: Mapping[str, float] = {
    "Atelectasis": 0.014, "Cardiomegaly": 0.02, "Consolidation": 0.02, "Pneumonia": 0.02, "Infiltration": 0.02,
    "Edema": 0.02, "Emphysema": 0.004, "Enlarged Cardiomediastinum": 0.03, "Mass": 0.04, "Nodule": 0.004,
    "Pleural Effusion": 0.03, "Pneumothorax": 0.05,
}  # fmt: skip
"""By how much of a lung the map of a finding has to grow on each side asked for; what is not named is not known."""
UNSIDED = frozenset({"Cardiomegaly", "Edema", "Emphysema", "Enlarged Cardiomediastinum", DEVICE})
DARKER = frozenset({"Pneumothorax", "Emphysema"})
BESIDE = 0.5
"""What was asked for has to grow by so much of what grew most of all else, each on the scale of USUAL."""
OTHER_WAY = 0.01
"""Of a grey range of 1: a finding that is brighter than lung may make its lung darker by so much, and the reverse."""
GROWN, BLUNTED = 0.03, 0.15
"""Growth of the cardiothoracic ratio that is a larger heart, and of an outer angle's opacity that is fluid."""
LINE = 0.2
"""Length of a bright line that is a device's, as a share of the side of the film (evaluation/verdict/lines.py)."""
ON_SIDE, TOUCHED = 0.5, 0.2
"""Share of the change that has to lie on the side asked for, and from which a side counts as changed at all."""
LEFT, MOSTLY_LEFT = 0.6, 0.75
"""Share of a finding's area up to which it is gone, and from which it has not gone at all."""
FAINT = 0.15
"""On the scale of USUAL: where nothing grew by so much, the change is too faint for what is measured to tell."""
HIGH, WAVER = 0.5, 2.0
"""Probability from which the judge is said to have seen a finding already, and how many standard deviations are more
than wavering."""


@dataclass(frozen=True)
class Evidence:
    """What is seen of a film before and after an edit.

    Attributes:
        areas: finding -> side -> (before, after), the share of that side's lung that the lesion maps give to it; empty
            where no weights tell.
        heart: growth of the cardiothoracic ratio, None where it cannot be measured.
        blunted: side -> growth of the outer angle's opacity, or None.
        brighter: side -> mean change of the grey values in that side's lung.
        on_left: share of the absolute change on the patient's left of the midline; None where nothing changed.
        outside: share of the absolute change outside of lungs and heart, or None.
        line: length of the longest bright line that came, less that of one that went, as a share of the film's side;
            0 where lines are little of the change.
    """

    areas: Mapping[str, Mapping[str, tuple[float, float]]]
    heart: float | None
    blunted: Mapping[str, float | None]
    brighter: Mapping[str, float]
    on_left: float | None
    outside: float | None
    line: float = 0.0

    def backward(self) -> Evidence:
        """The same of the edit the other way round: what was removed is what came then."""
        return replace(
            self,
            areas={
                name: {side: (after, before) for side, (before, after) in sides.items()}
                for name, sides in self.areas.items()
            },
            heart=None if self.heart is None else -self.heart,
            blunted={side: None if value is None else -value for side, value in self.blunted.items()},
            brighter={side: -value for side, value in self.brighter.items()},
            line=-self.line,
        )

    def grown(self, name: str, sides: Sequence[str]) -> tuple[float, float]:
        """By how much the map of a finding, or of one alike, grew on some sides: on each at least, and on average."""
        each = [
            [self.areas[one][side][1] - self.areas[one][side][0] for side in sides]
            for one in alike(name)
            if one in self.areas
        ]
        return max(map(min, each)), max(sum(one) / len(one) for one in each)

    @property
    def touched(self) -> list[str]:
        """The sides on which enough changed to be looked at."""
        left = 0.5 if self.on_left is None else self.on_left
        return [side for side, share in zip(PATIENT_SIDES, (1 - left, left), strict=True) if share >= TOUCHED]

    def side(self, asked: str) -> bool | None:
        """Whether most of the change lies on the side asked for; None where nothing changed."""
        if self.on_left is None:
            return None
        return (self.on_left if asked == "left" else 1 - self.on_left) >= ON_SIDE


@dataclass(frozen=True)
class Verdict:
    """Whether what was asked for is shown, as the record, the command line and the page say it.

    Attributes:
        shown: SHOWN, PARTLY, NOT_SHOWN, or NOT_KNOWN where nothing that is measured tells.
        on_side: whether the change lies on the side asked for; None where no one side was, or nothing changed.
        findings: each finding asked for, as text -> one of the same words.
        text: all of it in a few sentences.
        outside: share of the change outside of lungs and heart, None where that is not measured.
    """

    shown: str
    on_side: bool | None
    findings: Mapping[str, str]
    text: str
    outside: float | None

    def record(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "shown": self.shown, "on_side": self.on_side, "findings": dict(self.findings), "text": self.text,
            "outside": None if self.outside is None else round(self.outside, 3),
        }  # fmt: skip


def verdict(
    request: Findings,
    evidence: Evidence | None,
    judged: Mapping[str, tuple[float, float]],
    change_sd: Mapping[str, float],
    changed: bool,
) -> Verdict:
    """What is to be said of an edit.

    evidence: None for a film whose anatomy cannot be read. judged: finding -> the judge's probability before and after;
    change_sd: how far that wavers. changed: whether any pixel changed enough to be seen.
    """
    asked = [finding for finding in request if finding.state != "uncertain"]
    if not changed:
        each = {finding.to_text(): NOT_SHOWN for finding in asked}
        return Verdict(NOT_SHOWN, None, each, "Not shown: nothing in the picture changed enough to be seen.", None)
    each = {finding.to_text(): seen(finding, evidence) for finding in asked}
    sided = [f.side for f in asked if f.side in PATIENT_SIDES and f.name not in UNSIDED]
    side = sided[0] if len(set(sided)) == 1 and len(sided) == len(asked) else None
    on_side = evidence.side(side) if evidence and side else None
    word = _together(each.values())
    if word == SHOWN and on_side is False:
        word = PARTLY
    outside = evidence.outside if evidence else None
    text = " ".join(_sentences(word, each, side, on_side, evidence, asked, judged, change_sd))
    return Verdict(word, on_side, each, text, outside)


def seen(finding: Finding, evidence: Evidence | None) -> str:
    """Whether one finding is shown as asked: that it came, or that it went."""
    if finding.name == DEVICE and evidence is not None:
        return SHOWN if (evidence.line if finding.state == "present" else -evidence.line) >= LINE else NOT_SHOWN
    if evidence is None or not evidence.areas:
        return NOT_KNOWN
    if finding.name == "No Finding":
        return _cleared(evidence) if finding.state == "present" else NOT_KNOWN
    if finding.name not in LEAST or not any(one in evidence.areas for one in alike(finding.name)):
        return NOT_KNOWN
    way = evidence if finding.state == "present" else evidence.backward()
    for sides in _sides(finding):
        if _came(finding.name, sides, way):
            return SHOWN if finding.state == "present" else _gone(finding.name, sides, evidence)
    aside = finding.side in PATIENT_SIDES and finding.name not in UNSIDED and not evidence.side(finding.side)
    return NOT_SHOWN if aside or not _faint(finding, way) else NOT_KNOWN


def _came(name: str, sides: tuple[str, ...], evidence: Evidence) -> bool:
    """Whether a finding came on these sides, rather than on the other or another finding."""
    least, own = evidence.grown(name, sides)
    rival = max((size for _, size in _rivals(name, evidence)), default=0.0)
    if name == "Cardiomegaly":
        return (evidence.heart or 0.0) >= GROWN and (rival < 1 or own >= LEAST[name])
    elsewhere = [side for side in PATIENT_SIDES if side not in sides]
    if not set(sides) <= set(evidence.touched) or (elsewhere and evidence.grown(name, elsewhere)[0] > least):
        return False
    if least >= LEAST[name] and own / USUAL[alike(name)[0]] >= BESIDE * rival and _fits(name, sides, evidence):
        return True
    return (
        name == "Pleural Effusion" and rival < 1 and all((evidence.blunted[side] or 0.0) >= BLUNTED for side in sides)
    )


def _fits(name: str, sides: Sequence[str], evidence: Evidence) -> bool:
    """Whether these sides became brighter, or darker, as a finding makes them."""
    way = sum(evidence.brighter[side] for side in sides) / len(sides)
    return way <= OTHER_WAY if name in DARKER else way >= -OTHER_WAY


def _faint(finding: Finding, evidence: Evidence) -> bool:
    """Whether nothing that is seen on the sides asked for, or beside them, changed enough to tell what it is."""
    own = max(evidence.grown(finding.name, sides)[1] for sides in _sides(finding)) / USUAL[alike(finding.name)[0]]
    return max([own, *(size for _, size in _rivals(finding.name, evidence))]) < FAINT and finding.name != "Cardiomegaly"


def _rivals(name: str, evidence: Evidence) -> Iterator[tuple[str, float]]:
    """Each other finding that the maps know, and how much it grew where the film changed, on the scale of USUAL."""
    for first, usual in USUAL.items():
        if first in evidence.areas and name not in alike(first):
            ways = [evidence.touched] if first in UNSIDED else [[side] for side in evidence.touched]
            sizes = [evidence.grown(first, way)[1] for way in ways if _fits(first, way, evidence)]
            yield first, max(sizes, default=0.0) / usual


def _gone(name: str, sides: tuple[str, ...], evidence: Evidence) -> str:
    """How far a finding that is less on these sides has gone; of the heart the ratio has told already."""
    both = [evidence.areas[one][side] for one in alike(name) if one in evidence.areas for side in sides]
    before, after = max(one[0] for one in both), max(one[1] for one in both)
    if name == "Cardiomegaly" or after <= LEFT * before:
        return SHOWN
    return PARTLY if after <= MOSTLY_LEFT * before else NOT_SHOWN


def _cleared(evidence: Evidence) -> str:
    """Whether what the maps saw before is gone."""
    there = {
        name: [max(sides[side][i] for side in PATIENT_SIDES) for i in (0, 1)]
        for name, sides in evidence.areas.items()
        if name in LEAST
    }
    before = {name: both for name, both in there.items() if both[0] >= LEAST[name]}
    gone = [name for name, (_, after) in before.items() if after < LEAST[name]]
    if not before:
        return NOT_KNOWN
    return SHOWN if len(gone) == len(before) else PARTLY if gone else NOT_SHOWN


def _together(words: Iterable[str]) -> str:
    """The word for all findings of a request."""
    known = [word for word in words if word != NOT_KNOWN]
    if not known:
        return NOT_KNOWN
    return known[0] if len(set(known)) == 1 else PARTLY


def _sentences(
    word: str,
    each: Mapping[str, str],
    side: str | None,
    on_side: bool | None,
    evidence: Evidence | None,
    asked: list[Finding],
    judged: Mapping[str, tuple[float, float]],
    change_sd: Mapping[str, float],
) -> Iterator[str]:
    yield _first(word, each, evidence, asked)
    if on_side is not None and evidence is not None and evidence.on_left is not None:
        share = evidence.on_left if side == "left" else 1 - evidence.on_left
        most = "" if on_side else ": not most of it"
        yield f"{share:.0%} of the change lies on the {side}, the side asked for{most}."
    for finding in asked:
        before, after = judged.get(finding.name, (0.0, 0.0))
        if finding.state == "present" and before >= HIGH:
            yield f"The judge saw {finding.name.lower()} before the edit already ({before:.2f}): that says little."
        elif finding.name in judged and abs(after - before) < WAVER * change_sd.get(finding.name, 0.0):
            yield f"The judge's answer on {finding.name.lower()} does not clearly change."


def _first(word: str, each: Mapping[str, str], evidence: Evidence | None, asked: list[Finding]) -> str:
    if word == NOT_KNOWN:
        if evidence is None:
            return "Not known: the anatomy of the film cannot be read, so nothing tells whether it is shown."
        unknown = ", ".join(text for text, one in each.items() if one == NOT_KNOWN)
        return f"Not known: what is measured of the change does not tell whether {unknown} is shown; look yourself."
    if word == SHOWN:
        return f"Shown: the change looks like {' and '.join(each)}."
    if word == PARTLY:
        parts = [f"{text} ({one})" for text, one in each.items()] if len(each) > 1 else [*each]
        return f"Partly shown: {', '.join(parts)}."
    most = _looks_like(asked, evidence)
    instead = f"; it looks more like {most.lower()}" if most else ""
    return f"Not shown: the change does not look like {' or '.join(each)}{instead}."


def _looks_like(asked: list[Finding], evidence: Evidence | None) -> str | None:
    """What the change looks like instead, where that is clear and one finding was to come."""
    if evidence is None or len(asked) != 1 or asked[0].state != "present":
        return None
    name, size = max(_rivals(asked[0].name, evidence), key=lambda one: one[1], default=("", 0.0))
    return name if size >= BESIDE else None


def _sides(finding: Finding) -> list[tuple[str, ...]]:
    """The sides, together, on which a finding may lie to be the one asked for; any of these groups will do."""
    if finding.side == "bilateral" or finding.name in UNSIDED:
        return [PATIENT_SIDES]
    return [(side,) for side in PATIENT_SIDES if finding.side in (None, side)]


def alike(name: str) -> tuple[str, ...]:
    """The findings that look like one, itself among them."""
    return next((group for group in ALIKE if name in group), (name,))

"""What was read in a report: its mentions of findings, each with the words it came from, and what they add up to."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal, Protocol, get_args

from causaray.finding import Finding
from causaray.findings import Findings
from causaray.reports.sections import Section
from causaray.vocabulary import NAMES, SEVERITIES

Change = Literal["new", "worse", "better", "unchanged", "resolved"]
Certainty = Literal["stated", "probable", "either", "possible", "explained"]
CHANGES: tuple[Change, ...] = get_args(Change)


@dataclass(frozen=True)
class Mention:
    """One mention of a finding in a report.

    `start` and `end` are characters of the report, `text[start:end]` the words that name the finding. `size_mm` is the
    largest extent given, in millimetres, `change` what is said of it since an earlier image; None where nothing is
    said. `certainty` tells what is stated from what is probable (present too), one of two alternatives, possible, or
    explained by what is no finding, such as a nipple shadow (all three uncertain). `section` is one of
    sections.SECTIONS; only what findings and impression say is said of this image. `device` is what a support device is
    called, in singular lower case, else None.
    """

    finding: Finding
    start: int
    end: int
    section: str
    size_mm: float | None = None
    change: Change | None = None
    device: str | None = None
    certainty: Certainty = "stated"

    def to_json(self) -> dict[str, Any]:
        """The mention as one JSON object, `span` being [start, end]."""
        found = self.finding
        return {
            "finding": found.name, "state": found.state, "severity": found.severity, "side": found.side,
            "location": found.location, "size_mm": self.size_mm, "change": self.change, "device": self.device,
            "section": self.section, "certainty": self.certainty, "span": [self.start, self.end],
        }  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """A report as read: `text` as it was given, its sections in order, and all mentions in the order of the text.

    `unread` is the language of a text that was not read for it, else None: the rules read English alone. Such a text
    has no mentions, which says nothing of its findings.
    """

    text: str
    sections: tuple[Section, ...]
    mentions: tuple[Mention, ...]
    unread: str | None = None

    @property
    def told(self) -> tuple[Mention, ...]:
        """The mentions that speak of this image: those of findings and impression, and of text under no heading."""
        return tuple(m for m in self.mentions if m.section in ("findings", "impression", ""))

    @property
    def findings(self) -> Findings:
        """What the report says of this image, the mentions of one finding at one place put together.

        Present wins over uncertain, and uncertain over absent, where mentions contradict each other; among those that
        agree, what is said more exactly (severity, side, location) is kept, the more severe of two severities.
        No Finding is present when it is said and no finding but Support Devices is present or uncertain.
        """
        return merged(mention.finding for mention in self.told)

    def to_json(self) -> dict[str, Any]:
        """The reading as one JSON object; the words of the report stand in `text` of each mention alone."""
        told = [m.to_json() | {"text": self.text[m.start : m.end]} for m in self.mentions]
        return {"findings": self.findings.to_text(), "unread": self.unread, "mentions": told}

    def to_line(self) -> str:
        """Its findings as canonical text; of a text that could not be read, why."""
        if self.unread:
            return f"not read: it is in {self.unread}, where English is read"
        return self.findings.to_text()


class Reader(Protocol):
    """An engine: reads a report, whatever its form. Raises BadInput when it cannot (a language model may fail)."""

    def __call__(self, text: str) -> Reading: ...


def merged(found: Iterable[Finding]) -> Findings:
    """Findings that may contradict each other, as Findings (see `Reading.findings`)."""
    ordered = sorted(found, key=lambda one: (NAMES.index(one.name), _STRENGTH.index(one.state)))
    kept = [one for _, same in groupby(ordered, key=lambda one: one.name) for one in _of_one_name(list(same))]
    if any(one.name not in ("No Finding", "Support Devices") and one.state != "absent" for one in kept):
        kept = [one for one in kept if one.name != "No Finding"]
    return Findings(kept)


_STRENGTH = ("present", "uncertain", "absent")


def _of_one_name(found: list[Finding]) -> list[Finding]:
    """Findings of one name, strongest state first, without those that clash with what came before them.

    Of two of one state the more exact one takes the place; what the other adds is added to it.
    """
    kept: list[Finding] = []
    for one in found:
        rivals = [i for i, other in enumerate(kept) if one == other or one.clashes(other)]
        if not rivals:
            kept.append(one)
        elif len(rivals) == 1 and kept[rivals[0]].state == one.state:
            kept[rivals[0]] = _together(kept[rivals[0]], one)
    return _apart(kept)


def _together(one: Finding, other: Finding) -> Finding:
    """Two mentions of one thing as one: what either says; the more severe severity, and the first's place."""
    severities = [s for s in (one.severity, other.severity) if s]
    place = one if one.location or not other.location else replace(one, location=other.location)
    side = one.side or other.side
    if side == "bilateral" and other.side in ("left", "right"):
        side = one.side
    if place.location == "middle lobe" and side in ("left", "bilateral"):
        side = one.side
    return replace(place, side=side, severity=max(severities, key=SEVERITIES.index, default=None))


def _apart(found: list[Finding]) -> list[Finding]:
    """Without those that clash with an earlier one: adding a place may have made two alike."""
    kept: list[Finding] = []
    for one in found:
        if not any(one == other or one.clashes(other) for other in kept):
            kept.append(one)
    return kept

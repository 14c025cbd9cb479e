"""A sentence's clauses, and the findings named in them: by name, or by what is said of heart, mediastinum and lungs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from causaray.reports.reading import Certainty, Change
from causaray.reports.rules.items import Item
from causaray.reports.rules.lexicon import lexicon

CONJUNCTIONS = frozenset((",", "and", "or", "/", "with", "plus", "&", "versus", "vs", "nor", "and / or", "over"))
ATTRIBUTES = ("severity", "side", "location", "place", "size", "change")
STATE_OF_TWO = frozenset(("versus", "vs", "or", "/", "and / or"))


@dataclass
class Named:
    """A finding named in a clause, at item `at`; what is said of it is filled in by and by.

    `fixed`: the state is told by the words that name it ("heart is normal"), and no cue changes it. `passed`: it is not
    said of this image. `both_sides`: its place was told in the plural ("lung bases"); `place_behind`: after its name.
    """

    name: str
    at: int
    start: int
    end: int
    state: str = "present"
    certainty: Certainty = "stated"
    fixed: bool = False
    passed: bool = False
    severity: str | None = None
    side: str | None = None
    location: str | None = None
    size_mm: float | None = None
    change: Change | None = None
    device: str | None = None
    both_sides: bool = False
    place_behind: bool = False


@dataclass
class Clause:
    """Items up to a word that ends the reach of cues, and the findings named in them, in order.

    `before`: the clause before it in the sentence; `cue`: what is in force at its end, filled in with the states.
    """

    items: Sequence[Item]
    named: list[Named] = field(default_factory=list)
    before: "Clause | None" = None
    cue: str = "affirm"

    @property
    def leading(self) -> "Clause | None":
        """The clause before it when that named none, for its place ("In the left base there is ...")."""
        return self.before if self.before and not self.before.named else None

    def conjunct(self, at: int) -> int:
        """The number of conjunctions before an item."""
        return sum(item.text in CONJUNCTIONS for item in self.items[:at])


def clauses(items: Sequence[Item]) -> Iterator[Clause]:
    """The clauses of a sentence, parted by semicolons, brackets, labels and the cues `stop`."""
    before = None
    for part in _parts(_without_brackets(items)):
        clause = Clause(part, before=before)
        clause.named = sorted([*_by_name(part), *_by_predicate(part)], key=lambda one: one.at)
        yield clause
        before = clause


def _parts(items: Sequence[Item]) -> Iterator[list[Item]]:
    part: list[Item] = []
    for i, item in enumerate(items):
        labelled = any(one.text == ":" for one in part) and _begins_label(items, i)
        if item.text in (";", "(", ")") or "stop" in item.cues() or labelled:
            if part:
                yield part
            part = [item]
        else:
            part.append(item)
    if part:
        yield part


def _begins_label(items: Sequence[Item], at: int) -> bool:
    """Whether what is named at an item is the label of a value: "effusion:", "lines and tubes:"."""
    if not items[at].is_a("finding", "subject"):
        return False
    label = takewhile(lambda one: one.is_a("finding", "subject") or one.text in ("and", "/"), items[at:])
    end = at + len(list(label))
    return end < len(items) and items[end].text == ":"


def _without_brackets(items: Sequence[Item]) -> list[Item]:
    """The items; brackets that hold nothing but places and severities become commas: "effusion (left, small)"."""
    found = list(items)
    opened = None
    for i, item in enumerate(items):
        if item.text == "(":
            opened = i
        elif item.text == ")" and opened is not None:
            inside = items[opened + 1 : i]
            if all(one.is_a(*ATTRIBUTES) or one.text in ("and", ",", "?") for one in inside) and len(inside):
                found[opened] = replace(found[opened], text=",")
                found[i] = replace(item, text=",")
            opened = None
    return found


def _by_name(items: Sequence[Item]) -> Iterator[Named]:
    for i, item in enumerate(items):
        for name in item.get("finding") or ():
            device = item.text if name == "Support Devices" else None
            yield Named(name, i, item.start, item.end, device=device)
        if item.is_a("normal"):
            yield Named("No Finding", i, item.start, item.end, fixed=True)


def _by_predicate(items: Sequence[Item]) -> Iterator[Named]:
    """Subjects wait for their predicate ("heart and mediastinum are normal"), or follow it ("normal heart size")."""
    waiting: list[int] = []
    ahead: tuple[int, str] | None = None
    for i, item in enumerate(items):
        subject, predicate = item.get("subject"), item.get("predicate")
        if subject and ahead and _joined(items, ahead[0], i):
            yield from _told(items, i, ahead[0], ahead[1])
            ahead = (i, ahead[1])
        elif subject:
            waiting, ahead = [*waiting, i], None
        elif predicate and waiting:
            said = _denied(items, waiting[-1], i, predicate)
            for at in waiting:
                yield from _told(items, at, i, said, place=i)
            waiting, ahead = [], None
        elif predicate:
            ahead = (i, _denied(items, max(i - 2, 0), i, predicate))
        elif item.is_a("finding", "normal") or ("deny" in item.cues() and not _predicate_next(items, i)):
            waiting, ahead = [], None


def _predicate_next(items: Sequence[Item], i: int) -> bool:
    """Whether a denial is of a predicate: "the mediastinum is not widened", "not significantly enlarged"."""
    return any(item.is_a("predicate") for item in items[i + 1 : i + 3])


def _joined(items: Sequence[Item], before: int, after: int) -> bool:
    """Whether a predicate reaches a subject behind it: nothing but one or two plain words or conjunctions between."""
    between = items[before + 1 : after]
    return len(between) <= 2 and not any(one.is_a("predicate", "other", "finding") or one.cues() for one in between)


def _denied(items: Sequence[Item], start: int, at: int, predicate: str) -> str:
    """A predicate after "not" or "no" says the opposite: not large is normal; of not normal nothing is known."""
    negated = any("deny" in item.cues() for item in items[start:at])
    return {"large": "normal", "borderline": "normal"}.get(predicate, "nothing") if negated else predicate


def _told(items: Sequence[Item], subject: int, predicate: int, said: str, place: int | None = None) -> Iterator[Named]:
    start, end = min(subject, predicate), max(subject, predicate)
    for name, state in lexicon().told.get((items[subject].get("subject"), said), ()):
        at = subject if place is None else place
        severity = "mild" if said == "borderline" else None
        yield Named(name, at, items[start].start, items[end].end, state, fixed=True, severity=severity)

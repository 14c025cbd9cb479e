"""Where, how severe, how large, and what changed: the words beside a finding that say so."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from causaray.reports.rules.clauses import ATTRIBUTES, CONJUNCTIONS, STATE_OF_TWO, Clause, Named
from causaray.reports.rules.elsewhere import is_elsewhere
from causaray.reports.rules.items import Item
from causaray.reports.rules.lexicon import lexicon
from causaray.reports.rules.places import Told, first_place, further_places, graded_sides

_LUNG = {"Lung Opacity", "Consolidation", "Atelectasis", "Infiltration", "Pneumonia"}
SPREADS = _LUNG | {"Pleural Effusion", "Pleural Thickening"}
"""Findings that lie where those lie that they are named with."""
SIDED = SPREADS | {"Mass", "Nodule", "Lung Lesion", "Fibrosis", "Fracture", "Pleural Other"}
_PLACES = ("side", "location", "place")


def attributed(clause: Clause) -> list[Named]:
    """The findings of a clause with what is said of them; one that is at two places is two."""
    if not clause.named:
        return []
    places: dict[int, list[Told]] = {i: [] for i in range(len(clause.named))}
    severities: dict[int, list[tuple[int, str]]] = {i: [] for i in range(len(clause.named))}
    for i, item in enumerate(clause.items):
        if item.is_a(*ATTRIBUTES):
            _attach(clause, i, item, places, severities)
    if clause.leading:
        _lead(clause, places)
    for i, one in enumerate(clause.named):
        one.side, one.location = first_place(places[i])
        if not one.side and one.state != "absent" and (one.both_sides or _pair(one, clause)):
            one.side = _of_diaphragm(clause, one) or "bilateral"
    _inherit(clause)
    return [each for i, one in enumerate(clause.named) for each in _at_each_place(one, places[i], severities[i])]


def _of_diaphragm(clause: Clause, one: Named) -> str | None:
    """The side of the one diaphragm told of before a finding: "elevated right hemidiaphragm with basal atelectasis"."""
    told = {item.text.split()[0] for item in clause.items[: one.at] if item.text.endswith("diaphragm")}
    return told.pop() if len(told) == 1 and told <= {"left", "right"} else None


def _at_each_place(one: Named, told: Sequence[Told], severities: Sequence[tuple[int, str]]) -> list[Named]:
    """The finding once on each side that has a severity of its own, else at each place that has a location."""
    if graded := graded_sides(told, severities):
        return [replace(one, side=side, severity=severity) for side, severity in graded]
    further = further_places(told) if one.location else []
    return [one, *(replace(one, side=side, location=location) for side, location in further)]


def _attach(
    clause: Clause,
    i: int,
    item: Item,
    places: dict[int, list[Told]],
    severities: dict[int, list[tuple[int, str]]],
) -> None:
    if change := item.get("change"):
        _change(clause, i, change)
    target = _target(clause, i)
    one = clause.named[target]
    severity = item.get("severity")
    if one.fixed and item.is_a("predicate"):
        severity = None  # "the heart is large" says that it is, not how much
    if severity and (clause.items[i - 1].text not in lexicon().words["earlier"] or i == 0):
        severities[target].append((clause.conjunct(i), severity))
        one.severity = one.severity or severity
    one.size_mm = one.size_mm or item.get("size")
    side, location = item.get("place") or (item.get("side"), item.get("location"))
    if (side or location) and is_elsewhere(clause, i, one):
        return
    if location and not side and (item.plural or item.text in lexicon().words["both sides"]):
        clause.named[target].both_sides = True
    if (side or location) and side != "none":
        places[target].append((clause.conjunct(i), side, location))
        clause.named[target].place_behind = i > one.at


def _target(clause: Clause, i: int) -> int:
    """Which finding an attribute at item `i` belongs to."""
    ahead = next((k for k, one in enumerate(clause.named) if one.at > i), None)
    behind = next((k for k in reversed(range(len(clause.named))) if clause.named[k].at <= i), None)
    if ahead is None or behind is None:
        return ahead if ahead is not None else behind or 0
    here = clause.conjunct(i)
    if clause.conjunct(clause.named[ahead].at) != here and _goes_on(clause.items, i):
        return behind
    close = clause.conjunct(clause.named[behind].at) == here
    after_preposition = any(item.text in lexicon().words["prepositions"] for item in clause.items[max(i - 2, 0) : i])
    linked = any(item.is_a("cue") for item in clause.items[i : clause.named[ahead].at])
    if clause.conjunct(clause.named[ahead].at) == here and not linked and not (close and after_preposition):
        return ahead
    return behind if close or after_preposition or _remark(clause, i) else ahead


def _goes_on(items: Sequence[Item], i: int) -> bool:
    """Whether an attribute goes on with the place before it: "in the right lung and left base"."""
    before = [item for item in items[:i] if item.is_a(*_PLACES) or item.text in CONJUNCTIONS][-3:]
    return len(before) > 1 and (before[-1].text == "and" or before[-2].text == "and") and before[0].is_a(*_PLACES)


def _remark(clause: Clause, i: int) -> bool:
    """Whether an attribute stands in a remark of its own behind a comma: "effusions, left greater than right, and"."""
    here = clause.conjunct(i)
    opening = max((k for k in range(i) if clause.items[k].text in CONJUNCTIONS), default=None)
    alone = all(clause.conjunct(one.at) != here for one in clause.named)
    return alone and opening is not None and clause.items[opening].text == ","


def _pair(one: Named, clause: Clause) -> bool:
    """Pleural effusions, in the plural, are on both sides."""
    return one.name == "Pleural Effusion" and clause.items[one.at].plural


def _change(clause: Clause, i: int, change: str) -> None:
    """A change before a finding is said of it; one behind them of all that were named in the same state."""
    target = _target(clause, i)
    if clause.named[target].at > i:
        chosen: Sequence[Named] = clause.named[target : target + 1]
    else:
        chosen = [one for one in clause.named if one.at < i and one.state == clause.named[target].state]
    for one in chosen:
        one.change = one.change or change  # type: ignore[assignment]
        if change == "resolved":
            one.state = "absent" if not one.fixed else one.state


def _lead(clause: Clause, places: dict[int, list[Told]]) -> None:
    """A place told before the clause is of its first finding, where that has none of its own."""
    assert clause.leading is not None
    told = [item.get("place") or (item.get("side"), item.get("location")) for item in clause.leading.items]
    if not places[0]:
        places[0] = [(0, side, location) for side, location in told if (side or location) and side != "none"]


def _inherit(clause: Clause) -> None:
    """What explains an opacity is where the opacity is: "left base opacity may represent atelectasis or infiltrate".

    So is what stands beside it, and what stands before it where the place comes last ("consolidation and atelectasis
    in the right lower lobe").
    """
    for one, two in pairwise(clause.named):
        goes_on = two.name in SPREADS or (two.name in SIDED and _listed(clause, one, two))
        if not _placed(two) and two.name != "No Finding" and (goes_on or _linked(clause, one, two)):
            two.side, two.location = one.side, one.location
    for one, two in reversed(list(pairwise(clause.named))):
        together = _listed(clause, one, two) or _linked(clause, one, two)
        if together and two.place_behind and not _placed(one) and one.name in SIDED:
            one.side, one.location, one.place_behind = two.side, two.location, True


def _linked(clause: Clause, one: Named, two: Named) -> bool:
    """Whether the second explains the first, or is the alternative to it."""
    between = clause.items[one.at + 1 : two.at]
    return any(item.cues() & {"affirmed", "suspect", "expect"} or item.text in STATE_OF_TWO for item in between)


def _listed(clause: Clause, one: Named, two: Named) -> bool:
    """Whether only plain words and conjunctions stand between two findings."""
    return all(item.text in CONJUNCTIONS or not item.meanings for item in clause.items[one.at + 1 : two.at])


def _placed(one: Named) -> bool:
    return bool(one.side or one.location)

"""What became of the findings of one patient between two images, as data."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from causaray.finding import Finding
from causaray.findings import Findings
from causaray.vocabulary import SEVERITIES

KINDS = ("new", "worse", "moved", "better", "resolved", "persistent", "unchanged")


@dataclass(frozen=True)
class Change:
    """One finding, before and after, and the `kind` of change, one of KINDS.

    "new" has no `before` and "resolved" no `after`. "worse", "better" and "unchanged" compare severities; "persistent"
    is the same finding where one of the two severities is not told; "moved" stands on another side, or at another
    location, in whatever severity.
    """

    kind: str
    before: Finding | None = None
    after: Finding | None = None


def changed(before: Findings, after: Findings) -> tuple[Change, ...]:
    """The changes from `before` to `after`, new and worse first, unchanged last.

    Both are taken as complete: a finding not mentioned is not there. Left and right are followed apart, where told, and
    joined again where they changed alike. A name that is uncertain in either image is passed over, for nobody knows
    what became of it. A finding "moved" when it is the only one of its name to go, and one of its name alone came.
    """
    doubtful = {finding.name for finding in (*before, *after) if finding.state == "uncertain"} | {"No Finding"}
    names = dict.fromkeys(f.name for f in (*after, *before) if f.state == "present" and f.name not in doubtful)
    found = [change for name in names for change in joined(followed(name, before, after))]
    return tuple(sorted(found, key=lambda change: KINDS.index(change.kind)))


def followed(name: str, before: Findings, after: Findings) -> Iterator[Change]:
    """The changes of the finding `name` site by site; left and right apart where every side is told."""
    by_side = all(f.side for f in (*before, *after) if f.name == name and f.state == "present")
    return _paired(_sites(before, name, by_side), _sites(after, name, by_side))


def joined(found: Iterable[Change]) -> Iterator[Change]:
    """Changes that left and right share, as one on both sides."""
    rest = list(found)
    for left, right in product(tuple(rest), repeat=2):
        alike = _on_side(left, None) == _on_side(right, None)
        if alike and (_sides(left), _sides(right)) == ({"left"}, {"right"}):
            rest[rest.index(left)] = _on_side(left, "bilateral")
            rest.remove(right)
    yield from rest


def may_be_same_place(old: Finding, new: Finding) -> bool:
    """Whether side and location agree as far as both are told."""
    told_apart = old.location != new.location and not {old.location, new.location} & {None, "diffuse"}
    return not told_apart and {old.side, new.side} != {"left", "right"}


def _sites(findings: Findings, name: str, by_side: bool) -> list[Finding]:
    """The present findings called `name`; `by_side`, those on both sides as one on each."""
    present = [finding for finding in findings if finding.name == name and finding.state == "present"]
    sides = {"bilateral": ("left", "right")} if by_side else {}
    return [replace(f, side=side) for f in present for side in sides.get(f.side or "", (f.side,))]


def _paired(before: list[Finding], after: list[Finding]) -> Iterator[Change]:
    """Pair the sites of one finding: the very same first, then those that may be the same; then what went and came."""
    gone, come = list(before), list(after)
    for same in (_at_same_place, may_be_same_place):
        for old, new in product(before, after):
            if old in gone and new in come and same(old, new):
                gone.remove(old)
                come.remove(new)
                yield Change(_compared(old, new), old, new)
    if len(gone) == len(come) == 1:
        yield Change("moved", gone[0], come[0])
    else:
        yield from (Change("new", after=new) for new in come)
        yield from (Change("resolved", before=old) for old in gone)


def _at_same_place(old: Finding, new: Finding) -> bool:
    return (old.side, old.location) == (new.side, new.location)


def _compared(old: Finding, new: Finding) -> str:
    if old.severity == new.severity:
        return "unchanged"
    if old.severity is None or new.severity is None:
        return "persistent"
    return "worse" if SEVERITIES.index(new.severity) > SEVERITIES.index(old.severity) else "better"


def _sides(change: Change) -> set[str | None]:
    return {finding.side for finding in (change.before, change.after) if finding}


def _on_side(change: Change, side: str | None) -> Change:
    before, after = (finding and replace(finding, side=side) for finding in (change.before, change.after))
    return Change(change.kind, before, after)

"""Several sides and locations told of one finding, as one place or several."""

from collections.abc import Sequence

Told = tuple[int, str | None, str | None]
"""In which conjunct of the clause a place is told, its side and its location."""


def _groups(places: Sequence[Told]) -> list[tuple[str | None, str | None]]:
    """One (side, location) a conjunct; sides that differ within one are both sides.

    A location without a side is on the side of the one beside it: "right upper and lower lobes".
    """
    found: dict[int, tuple[str | None, str | None]] = {}
    for conjunct, side, location in places:
        had_side, had_location = found.get(conjunct, (None, None))
        found[conjunct] = (_both(had_side, side), had_location or location)
    return _filled(_filled(list(found.values()))[::-1])[::-1]


def _filled(groups: list[tuple[str | None, str | None]]) -> list[tuple[str | None, str | None]]:
    """The groups, each location without a side on the side of the location before it."""
    found: list[tuple[str | None, str | None]] = []
    for side, location in groups:
        beside = found[-1][0] if found and found[-1][1] and location and location != "diffuse" else None
        found.append((side or beside, location))
    return found


def _both(one: str | None, other: str | None) -> str | None:
    if one and other and one != other:
        return "bilateral"
    return one or other


def first_place(places: Sequence[Told]) -> tuple[str | None, str | None]:
    """The first place; sides or locations told elsewhere without the other fill it up."""
    groups = _groups(places)
    if not groups:
        return None, None
    side, location = groups[0]
    for other_side, other_location in groups[1:]:
        if not (other_side and other_location and location):
            side, location = _both(side, other_side), location or other_location
    return side, location


def further_places(places: Sequence[Told]) -> list[tuple[str | None, str | None]]:
    """The places behind the first one that have side and location, or are lobes or zones."""
    return [(side, at) for side, at in _groups(places)[1:] if at and (side or at.endswith((" lobe", " zone")))]


def graded_sides(places: Sequence[Told], severities: Sequence[tuple[int, str]]) -> list[tuple[str, str]]:
    """(side, severity) of left and right where each is told with a severity of its own; else none.

    `severities` are (conjunct, severity): of "small left and large right" (0, "mild") and (1, "severe").
    """
    degrees = dict(reversed(severities))
    found = {side: degrees[at] for at, side, _ in reversed(places) if side in ("left", "right") and at in degrees}
    return list(reversed(found.items())) if len(set(found.values())) == 2 else []

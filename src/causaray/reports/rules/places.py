"""Several sides and locations told of one finding, as one place or several."""

from collections.abc import Sequence

Told = tuple[int, str | None, str | None]
"""In which conjunct of the clause a place is told, its side and its location."""


def _groups(places: Sequence[Told]) -> list[tuple[str | None, str | None]]:
    """One (side, location) a conjunct; sides that differ within one are both sides."""
    found: dict[int, tuple[str | None, str | None]] = {}
    for conjunct, side, location in places:
        had_side, had_location = found.get(conjunct, (None, None))
        found[conjunct] = (_both(had_side, side), had_location or location)
    return list(found.values())


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
    """The places behind the first one that have both side and location."""
    return [place for place in _groups(places)[1:] if all(place)]

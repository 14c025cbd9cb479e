"""From nested measures to what is drawn: which figures stand in a frame, with their controls and the other editor."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from causaray.evaluation.page.words import Frame

Figure = Mapping[str, Any] | float | None
"""A figure with its interval, a number alone, or what could not be measured."""
ABSENT = object()


@dataclass(frozen=True)
class Mark:
    """One figure of a row. `role` is "main", "beside" or "control"; "other" and "difference" with a second editor."""

    label: str
    figure: Figure
    role: str


@dataclass(frozen=True)
class Row:
    """What is seen at a glance."""

    label: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Measured:
    """The measures of a cohort, and those of the second editor and the differences, empty where there is none."""

    found: Mapping[str, Any]
    other: Mapping[str, Any]
    difference: Mapping[str, Any]


def rows(frame: Frame, measured: Measured) -> list[Row]:
    """The rows of a frame of intervals, as far as they were measured."""
    made = (_row(label, path, frame, measured) for label, path in _places(frame.rows, measured.found))
    return [row for row in made if row.marks]


def keys(path: str) -> tuple[str, ...]:
    """The keys of a path of words.yaml."""
    return tuple(path.split(".")) if path else ()


def at(values: Any, path: tuple[str, ...]) -> Any:
    """What nested dicts hold under a path of keys; ABSENT when there is no such key."""
    for key in path:
        values = values.get(key, ABSENT) if isinstance(values, Mapping) else ABSENT
    return values


def flat(values: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Figure]]:
    """Every figure and number in nested dicts, with its keys; lists, words and truths are passed over."""
    for key, value in values.items():
        if isinstance(value, Mapping) and "value" not in value:
            yield from flat(value, (*path, key))
        elif not isinstance(value, list | str | bool) and not _is_curve(value):
            yield (*path, key), value


def _is_curve(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value["value"], list)


def _places(said: Mapping[str, str] | str, found: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(label, path) of each row: as said, or one for every key where the path has a star."""
    if not isinstance(said, str):
        yield from ((label, keys(path)) for label, path in said.items())
        return
    path = keys(said)
    star = path.index("*")
    group = at(found, path[:star])
    for key in group if isinstance(group, Mapping) else ():
        yield key, (*path[:star], key, *path[star + 1 :])


def _row(label: str, path: tuple[str, ...], frame: Frame, measured: Measured) -> Row:
    marks = [
        mark
        for i, (name, below) in enumerate(frame.marks.items())
        for mark in _marks(name, _role(name or label, i == 0), path + keys(below), measured)
    ]
    return Row(label, tuple(marks))


def _marks(name: str, role: str, place: tuple[str, ...], measured: Measured) -> Iterator[Mark]:
    """A figure, and where the second editor's is another one, that and how far they are apart."""
    own, other, apart = (at(v, place) for v in (measured.found, measured.other, measured.difference))
    if own is not ABSENT:
        yield Mark(name, own, role)
    if role != "control" and other is not ABSENT and other != own:
        yield Mark("other editor", other, "other")
        if apart is not ABSENT:
            yield Mark("difference", apart, "difference")


def _role(label: str, first: bool) -> str:
    return "control" if label.startswith("control") else "main" if first else "beside"

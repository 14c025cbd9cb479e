"""What the page shows of metrics.json, in what order, and how to read it: words.yaml."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Axis:
    """Where a figure is drawn: from `low` to `high` (None: as the figures need), with a line at `reference`."""

    low: float | None = None
    high: float | None = None
    reference: float | None = None
    digits: int = 3


@dataclass(frozen=True)
class Frame:
    """Figures that are looked at together, as words.yaml has it. Paths are keys joined by dots.

    rows: {label: path within a cohort}, or a path in which * stands for any key, which is then the label of its row.
    marks: {label: path below the row}, drawn one below the other; the row itself when there are none. Labels that begin
    with "control" are drawn as controls. kind: "intervals", "curves" (lists of numbers below the path `rows`) or
    "matrix" (figures by two keys below it).
    """

    title: str
    axis: Axis
    rows: Mapping[str, str] | str
    marks: Mapping[str, str]
    reading: str = ""
    kind: str = "intervals"


@dataclass(frozen=True)
class Section:
    """A family of measures: its title, the question it answers, how to read the answer, what is shown, if at once."""

    title: str
    question: str
    reading: str
    frames: tuple[Frame, ...]
    open: bool = False


@dataclass(frozen=True)
class Words:
    """All of words.yaml: how to read the page, what stands at its top, and the families."""

    reading: Sequence[str]
    headline: tuple[Frame, ...]
    sections: Mapping[str, Section]


@cache
def load(name: str = "words.yaml") -> Words:
    """Read words.yaml, or another file of words that lies beside it."""
    said = yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))
    axes = {name: Axis(**axis) for name, axis in said["axes"].items()}
    sections = {
        name: Section(**{**one, "frames": _frames(one["frames"], axes)}) for name, one in said["sections"].items()
    }
    return Words(said["reading"], _frames(said["headline"], axes), sections)


def _frames(said: Sequence[dict[str, Any]], axes: Mapping[str, Axis]) -> tuple[Frame, ...]:
    return tuple(Frame(**{"marks": {"": ""}, **one, "axis": axes[one.get("axis", "free")]}) for one in said)

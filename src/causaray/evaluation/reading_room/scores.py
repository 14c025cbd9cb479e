"""How often readers named what is there, and how real it looked, with 95 % intervals by patient."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from causaray.evaluation.reading_room.answers import Answer, Answers
from causaray.evaluation.reading_room.key import Entry
from causaray.evaluation.reading_room.reader_set import UNSIDED
from causaray.evaluation.statistics.bootstrap import Estimate, estimate, mean_interval

Figures = dict[str, Estimate | None]


@dataclass(frozen=True)
class Reading:
    """An image as one reader read it. `chance`: how often the same answers, shuffled over all images, would name it."""

    reader: str
    entry: Entry
    answer: Answer
    chance: float

    @property
    def named(self) -> bool:
        """Whether the reader named the finding, or, where it was taken out, did not."""
        return (self.answer.finding == self.entry.finding.name) == (self.entry.finding.state == "present")

    @property
    def named_with_side(self) -> bool:
        """The same with the side; the finding alone where the key knows no side, both, or a finding has none."""
        finding = self.entry.finding
        sided = finding.side in ("left", "right") and finding.name not in UNSIDED and finding.state == "present"
        return self.named and (not sided or self.answer.side == finding.side)


def readings(read: Iterable[Answers], entries: Mapping[str, Entry]) -> list[Reading]:
    """Every answer of every reader beside what is there."""
    return [
        Reading(one.reader, entries[image], answer, _chance(entries[image], one.by_image.values()))
        for one in read
        for image, answer in one.by_image.items()
    ]


def figures(found: Sequence[Reading]) -> Figures:
    """`named` beside `control_named`, `named_with_side`, `real` (mean, 1 to 5) and `seconds` (median), each a figure.

    None where nothing was read, and for seconds that nobody took.
    """
    patients = np.array([reading.entry.patient for reading in found])
    values = {
        "named": [reading.named for reading in found],
        "control_named": [reading.chance for reading in found],
        "named_with_side": [reading.named_with_side for reading in found],
        "real": [reading.answer.real for reading in found],
    }
    means = {key: mean_interval(np.array(value, float), patients) if found else None for key, value in values.items()}
    return {**means, "seconds": _median([reading.answer.seconds for reading in found], patients)}


def confusion(found: Iterable[Reading]) -> dict[str, dict[str, int]]:
    """{what is there: {what was said: how often}}."""
    count = Counter((reading.entry.shows, reading.answer.finding) for reading in found)
    table: dict[str, dict[str, int]] = {}
    for (shows, said), times in sorted(count.items()):
        table.setdefault(shows, {})[said] = times
    return table


def grouped(found: Iterable[Reading], by: str) -> dict[str, list[Reading]]:
    """Readings by the `source` or by what is there (`shows`) of their entries, or by their reader, in order of name."""
    groups: dict[str, list[Reading]] = {}
    for reading in found:
        groups.setdefault(reading.reader if by == "reader" else getattr(reading.entry, by), []).append(reading)
    return dict(sorted(groups.items()))


def by_group(found: Sequence[Reading], by: str) -> dict[str, Any]:
    """The figures of each group of `grouped`."""
    return {name: figures(group) for name, group in grouped(found, by).items()}


def _chance(entry: Entry, answers: Iterable[Answer]) -> float:
    said = [answer.finding == entry.finding.name for answer in answers]
    share = sum(said) / len(said)
    return share if entry.finding.state == "present" else 1 - share


def _median(seconds: Sequence[float | None], patients: np.ndarray) -> Estimate | None:
    known = np.array([value is not None for value in seconds], bool)
    if not known.any():
        return None
    values = np.array([value for value in seconds if value is not None])
    return estimate(lambda rows: float(np.median(values[rows])), patients[known])

"""Where reader and people disagree, sorted by cause."""

from collections.abc import Sequence
from dataclasses import dataclass

from causaray.reports.evaluation.scores import Table, of_reading
from causaray.reports.reading import Mention, Reading

HEDGED, DENIED, UNNAMED = "missed: read as only possible", "missed: read as denied", "missed: no mention was read"
STATED, PROBABLE, EITHER = "too much: stated", "too much: probable", "too much: one of two alternatives"


@dataclass(frozen=True)
class Disagreement:
    """One finding of one report that one side has and the other has not, its cause, and the mentions read of it."""

    key: str
    finding: str
    cause: str
    mentions: tuple[Mention, ...]


def disagreements(key: str, people: Table, reading: Reading) -> list[Disagreement]:
    """The findings of a report that are missed, or read where people have none."""
    read = of_reading(reading)
    apart = sorted(set(people) ^ set(read))
    return [_disagreement(key, name, name in people, reading) for name in apart]


def _disagreement(key: str, name: str, missed: bool, reading: Reading) -> Disagreement:
    mentions = tuple(m for m in reading.told if m.finding.name == name)
    return Disagreement(key, name, _missed(mentions) if missed else _too_much(mentions), mentions)


def _missed(mentions: Sequence[Mention]) -> str:
    if not mentions:
        return UNNAMED
    return HEDGED if any(m.finding.state == "uncertain" for m in mentions) else DENIED


def _too_much(mentions: Sequence[Mention]) -> str:
    certain = {m.certainty for m in mentions if m.finding.state == "present"}
    if "stated" in certain:
        return STATED
    return PROBABLE if certain else EITHER

"""The lexicon of the rules: which words of a report mean what, read from lexicon.yaml."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from causaray.reports.rules.words import words
from causaray.vocabulary import LOCATIONS, NAMES, SEVERITIES, SIDES

Meaning = tuple[str, Any]
"""Kind of an entry, such as "finding" or "side", and its value."""


@dataclass(frozen=True)
class Lexicon:
    """Phrases as word tuples with their meanings (a phrase may have several), and what subjects and predicates tell.

    `told` maps (subject, predicate) to pairs of finding and state; `radlex` and `chexpert` map our names to theirs;
    `words` are sets of single words, by what they are for.
    """

    phrases: Mapping[tuple[str, ...], tuple[Meaning, ...]]
    longest: Mapping[str, int]
    told: Mapping[tuple[str, str], tuple[tuple[str, str], ...]]
    radlex: Mapping[str, str | None]
    chexpert: Mapping[str, str | None]
    words: Mapping[str, frozenset[str]]

    def match(self, said: list[str], start: int) -> tuple[int, tuple[Meaning, ...]]:
        """How many words from `start` make the longest known phrase, and what it means; (0, ()) when none does."""
        for size in range(min(self.longest.get(said[start], 0), len(said) - start), 0, -1):
            meanings = self.phrases.get(tuple(said[start : start + size]))
            if meanings:
                return size, meanings
        return 0, ()


@cache
def lexicon() -> Lexicon:
    """The lexicon that comes with the package."""
    values = yaml.safe_load((files("causaray.reports.rules") / "lexicon.yaml").read_text(encoding="utf-8"))
    phrases: dict[tuple[str, ...], tuple[Meaning, ...]] = {}
    for phrase, kind, value in _entries(values):
        key = tuple(word.text for word in words(phrase, correct=False))
        phrases[key] = (*phrases.get(key, ()), (kind, value))
    longest: dict[str, int] = {}
    for key in phrases:
        longest[key[0]] = max(longest.get(key[0], 0), len(key))
    found = values["findings"]
    return Lexicon(
        phrases, longest, _told(values["told"]),
        {name: found[name]["radlex"] for name in found}, {name: found[name]["chexpert"] for name in found},
        {what: frozenset(_listed(text)) for what, text in values["words"].items()},
    )  # fmt: skip


def _entries(values: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """(phrase, kind, value) of every phrase in the file."""
    for name, finding in values["findings"].items():
        assert name in NAMES, name
        yield from (
            (phrase, "finding", (name,)) for phrase in _listed(finding["says"]) if phrase not in values["together"]
        )
    for phrase, names in values["together"].items():
        yield phrase, "finding", tuple(names)
    for kind, known in (("severity", SEVERITIES), ("side", (*SIDES, "none")), ("location", LOCATIONS)):
        for value, text in values[_PLURAL.get(kind, kind)].items():
            assert value in known, value
            yield from ((phrase, kind, value) for phrase in _listed(text))
    for place, text in values["places"].items():
        side, location = place.split(maxsplit=1)
        yield from ((phrase, "place", (side, location)) for phrase in _listed(text))
    for kind, section in (("subject", "subjects"), ("predicate", "predicates"), ("cue", "cues"), ("change", "changes")):
        for value, text in values[section].items():
            yield from ((phrase, kind, value) for phrase in _listed(text))
    yield from ((phrase, "change", "unchanged") for phrase in _listed(values["cues"]["no change"]))
    yield from ((phrase, "other", None) for phrase in _listed(values["other"]))
    yield from ((phrase, "harmless", None) for phrase in _listed(values["harmless"]))
    yield from ((phrase, "normal", None) for phrase in _listed(values["normal"]))


_PLURAL = {"side": "sides", "location": "locations"}


def _listed(text: str) -> list[str]:
    return [phrase.strip() for phrase in text.split(",") if phrase.strip()]


def _told(table: Mapping[str, Any]) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    return {
        (subject, predicate): tuple((name, state) for state, names in states.items() for name in names)
        for subject, predicates in table.items()
        for predicate, states in predicates.items()
    }

"""A sentence cut into items: the longest phrases of the lexicon, sizes, and the words between them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from causaray.reports.rules.lexicon import Meaning, lexicon
from causaray.reports.rules.words import Word, words

_MILLIMETRES = {"mm": 1.0, "millimeter": 1.0, "millimetre": 1.0, "cm": 10.0, "centimeter": 10.0, "centimetre": 10.0}
_NUMBER = re.compile(r"\d+(?:\.\d+)?$")


@dataclass(frozen=True)
class Item:
    """A phrase, characters [start, end) of its sentence, its words, and its meanings by kind.

    `plural`: its last word was written in the plural.
    """

    text: str
    start: int
    end: int
    meanings: tuple[Meaning, ...] = ()
    plural: bool = False

    def get(self, kind: str) -> Any:
        """The value of one kind of meaning, None without it."""
        return next((value for known, value in self.meanings if known == kind), None)

    def cues(self) -> set[str]:
        """The cues that it gives (keys of `cues` in the lexicon)."""
        return {value for kind, value in self.meanings if kind == "cue"}

    def is_a(self, *kinds: str) -> bool:
        """Whether it has a meaning of one of these kinds."""
        return any(kind in kinds for kind, _ in self.meanings)


def items(sentence: str) -> list[Item]:
    """The items of a sentence, in its order."""
    said = words(sentence)
    texts = [word.text for word in said]
    found, i = [], 0
    while i < len(said):
        size, meanings = lexicon().match(texts, i)
        if measured := _size(texts, i):
            size, meanings = measured[0], (("size", measured[1]),)
        found.append(_item(said[i : i + max(size, 1)], meanings))
        i += max(size, 1)
    return found


def _item(said: list[Word], meanings: Iterable[Meaning]) -> Item:
    return Item(" ".join(word.text for word in said), said[0].start, said[-1].end, tuple(meanings), said[-1].plural)


def _size(texts: list[str], start: int) -> tuple[int, float | None] | None:
    """How many words from `start` give a size ("2 x 3.5 cm"), and the largest extent in mm.

    The extent is None for a distance ("3 cm above the carina").
    """
    numbers: list[float] = []
    i = start
    while i < len(texts) and (_NUMBER.match(texts[i]) or (numbers and texts[i] in ("x", "by", "to"))):
        if _NUMBER.match(texts[i]):
            numbers.append(float(texts[i]))
        i += 1
    if not numbers or i == len(texts) or texts[i] not in _MILLIMETRES:
        return None
    distance = i + 1 < len(texts) and texts[i + 1] in lexicon().words["distance"]
    return i + 1 - start, None if distance else max(numbers) * _MILLIMETRES[texts[i]]

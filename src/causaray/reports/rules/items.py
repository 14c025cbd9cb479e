"""A sentence cut into items: the longest phrases of the lexicon, sizes, and the words between them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
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
        size, meanings = max(lexicon().match(texts, i), _around_adverbs(texts, i), key=lambda found: found[0])
        if measured := _size(texts, i):
            size, meanings = measured[0], (("size", measured[1]),)
        found.append(_item(said[i : i + max(size, 1)], meanings))
        i += max(size, 1)
    return _with_levels(_with_labels(found))


def _around_adverbs(texts: list[str], start: int) -> tuple[int, tuple[Meaning, ...]]:
    """As `Lexicon.match`, for a cue with adverbs in it: "cannot be entirely ruled out"."""
    kept, i = [start], start + 1
    while i < len(texts) and len(kept) < lexicon().longest.get(texts[start], 0):
        passed = _adverb(texts, i)
        kept += [] if passed else [i]
        i += passed or 1
    size, meanings = lexicon().match([texts[k] for k in kept], 0)
    parted = size > 1 and kept[size - 1] - start >= size
    return (kept[size - 1] + 1 - start, meanings) if parted and any(kind == "cue" for kind, _ in meanings) else (0, ())


def _adverb(texts: list[str], at: int) -> int:
    """How many words from `at` only say how surely: "entirely", "with certainty"."""
    adverbs = lexicon().words["adverbs"]
    if texts[at] == "with" and at + 1 < len(texts) and texts[at + 1] in adverbs:
        return 2
    if texts[at] == "well":
        return int(texts[at - 1] != "not")  # what is not well seen is not denied
    means = texts[at].endswith("ly") and (texts[at],) not in lexicon().phrases
    return int(texts[at] in adverbs or (means and texts[at] not in lexicon().words["earlier"]))


def _with_labels(found: list[Item]) -> list[Item]:
    """The items, where "Lines:" at the head of a clause means devices, as elsewhere "line" alone does not."""
    for i, (one, following) in enumerate(pairwise(found)):
        heads = i == 0 or found[i - 1].text in (";", ",", "/")
        if one.text == "line" and following.text == ":" and heads:
            found[i] = replace(one, meanings=lexicon().phrases[("device",)])
    return found


_LEVELS = {"upper": "upper", "middle": "middle", "mid": "middle", "lower": "lower"}


def _with_levels(found: list[Item]) -> list[Item]:
    """The items, where levels share one noun ("upper and lower lobes") each with the place that it means."""
    for i in reversed(range(len(found) - 2)):
        shared = found[i + 3] if found[i + 2].is_a("side") and i + 3 < len(found) else found[i + 2]
        location = shared.get("location") or ""
        joined = found[i + 1].text in ("and", "or", ",", "/", "&")
        if found[i].text in _LEVELS and joined and location.endswith((" lobe", " zone")):
            place = f"{_LEVELS[found[i].text]} {location.split()[1]}"
            found[i] = replace(found[i], meanings=(("location", place),))
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

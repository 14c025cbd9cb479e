"""Sentences and words of a report, each with its place in the text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from causaray.vocabulary import normalize

_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?|[,;:()/?]")
_END = re.compile(r"[!?](?=\s|$)|\.(?=\s|$|[A-Z])|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)])\s)")
_ABBREVIATION = re.compile(r"\b(?:dr|mrs?|ms|vs|approx|e\.g|i\.e)$", re.IGNORECASE)
_MARKS = frozenset(("xxxx", "a", "an", "the", "some", "any"))
"""Words passed over: articles, and what stands for something taken out of a public report (___ is no word at all)."""
_SHORTEST_CORRECTED = 6


@dataclass(frozen=True)
class Word:
    """One word: in lower case and singular, spelling corrected, and characters [start, end) of the text."""

    text: str
    start: int
    end: int
    plural: bool = False


def sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Characters [start, end) of each sentence or list entry in text[start:end]."""
    begin = start
    for found in _END.finditer(text, start, end):
        if _ABBREVIATION.search(text, begin, found.start()):
            continue
        if text[begin : found.start()].strip():
            yield begin, found.end()
        begin = found.end()
    if text[begin:end].strip():
        yield begin, end


def words(text: str, correct: bool = True) -> list[Word]:
    """The words of a sentence, without articles and marks of de-identification; punctuation counts as words."""
    found = []
    for match in _WORD.finditer(text):
        raw = match.group().lower()
        if raw not in _MARKS:
            word = normalize(raw)
            found.append(
                Word(
                    corrected(word) if correct else word, match.start(), match.end(), raw.endswith("s") and word != raw
                )
            )
    return found


@lru_cache(maxsize=65536)
def corrected(word: str) -> str:
    """The word of the lexicon that differs by one letter (one more, one less, another, two swapped); else the word."""
    known, near = _spellings()
    if len(word) < _SHORTEST_CORRECTED or word in known or not word.isalpha():
        return word
    shorter = _without_one(word)
    candidates = {right for form in (word, *shorter) for right in near.get(form, ())}
    return min((right for right in candidates if _one_apart(word, right)), default=word)


@cache
def _spellings() -> tuple[frozenset[str], dict[str, list[str]]]:
    """All words of the lexicon, and those that may be meant, by what is left when one letter is taken out."""
    from causaray.reports.rules.lexicon import lexicon

    near: dict[str, list[str]] = {}
    for word in {word for phrase, kinds in lexicon().phrases.items() if _kinds(kinds) & _MEANT for word in phrase}:
        if len(word) >= _SHORTEST_CORRECTED:
            for form in (word, *_without_one(word)):
                near.setdefault(form, []).append(word)
    return frozenset(word for phrase in lexicon().phrases for word in phrase) | lexicon().words["right"], near


def _kinds(meanings: tuple[tuple[str, object], ...]) -> set[str]:
    return {kind for kind, _ in meanings}


_MEANT = {"finding", "severity", "side", "location"}


def _without_one(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


def _one_apart(one: str, other: str) -> bool:
    """Whether two different words are one insertion, deletion, substitution or swap of neighbours apart."""
    if len(one) == len(other):
        apart = [i for i in range(len(one)) if one[i] != other[i]]
        swapped = len(apart) == 2 and apart[1] == apart[0] + 1 and one[apart[0]] == other[apart[1]]
        return len(apart) == 1 or (swapped and one[apart[1]] == other[apart[0]])
    short, long = sorted((one, other), key=len)
    return len(long) == len(short) + 1 and short in _without_one(long)

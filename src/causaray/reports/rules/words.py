"""Sentences and words of a report, each with its place in the text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from causaray.vocabulary import normalize

_WORD = re.compile(
    r"[A-Za-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?"
    r"|\(\s*\?+\s*\)|\(\s*[-+]\s*\)"  # doubt of what stands before it; whether it is there
    r"|(?<=[a-z] )#(?!\d)|#(?=[A-Za-z])"  # a fracture, as British doctors write it
    r"|(?<=\s)[-\u2013\u2014|](?=\s)|(?<=\w)\t+(?=\w)|=|\.{2,}"  # what parts a label from its value
    r"|[,;:()/?]"
)
_END = re.compile(
    r"[!?](?=\s|$)|\.(?=\s|$|[A-Z])|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)])\s)"
    r"|\n(?=[ \t]*[A-Z][A-Za-z/ ]{1,40}(?:[:=\t]|[ \t]-[ \t]))"  # before a line that begins with a label
)
_OPEN_QUESTION = re.compile(r"(?:^|[\s(?])$")
_SIGNS = {"#": "fracture", "=": ":", "-": ":", "|": ":", "\u2013": ":", "\u2014": ":", "L": "left", "R": "right"}
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
    """Characters [start, end) of each sentence, list entry or labelled line in text[start:end].

    A question mark ends none before what it asks: "? effusion".
    """
    begin = start
    for found in _END.finditer(text, start, end):
        asked = found.group() == "?" and _OPEN_QUESTION.search(text[begin : found.start()])
        if asked or _ABBREVIATION.search(text, begin, found.start()):
            continue
        if text[begin : found.start()].strip():
            yield begin, found.end()
        begin = found.end()
    if text[begin:end].strip():
        yield begin, end


def words(text: str, correct: bool = True) -> list[Word]:
    """The words of a sentence, without articles and marks of de-identification; punctuation counts as words."""
    found = []
    for match in _WORD.finditer(text.replace("\u2019", "'")):
        raw = _plain(match.group(), text[match.end() : match.end() + 1])
        if raw not in _MARKS:
            word = normalize(raw)
            found.append(
                Word(
                    corrected(word) if correct else word, match.start(), match.end(), raw.endswith("s") and word != raw
                )
            )
    return found


def _plain(raw: str, following: str) -> str:
    """A word as the lexicon has it: signs and contractions written out ("aren't" is "not"); L1 is no left side."""
    if raw in _SIGNS and not (raw.isalpha() and following.isdigit()):
        return _SIGNS[raw]
    if raw.startswith((".", "\t")):
        return ":"
    if raw.startswith("(") and len(raw) > 1:
        return "(?)" if "?" in raw else "negative" if "-" in raw else "positive"
    if raw.lower() == "can't":
        return "cannot"
    return "not" if raw.endswith("n't") else raw.lower()


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

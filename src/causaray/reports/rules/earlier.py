"""Which stretches of a sentence tell what an earlier film showed, and nothing of this one."""

import re
from collections.abc import Iterator

_KIND = (
    r"(?:films?|stud(?:y|ies)|images?|radiographs?|exam(?:ination)?s?|x-? ?rays?|cxrs?|ct|imaging|scans?|reports?)\b"
)
_OLD = (
    r"(?:prior|previous|earlier|old|older|last|preceding|outside|comparison|former|initial|yesterday's"
    r"|(?:week|month|year|night)'s)"
)
_DATE = r"(?:last|yesterday|\d|[_x]{3}|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_FILM = re.compile(
    rf"\b{_OLD}\s+(?:[\w-]+\s+){{0,3}}?{_KIND}"
    rf"|\b{_KIND}\s+(?:of|from|dated|on|taken)\s+{_DATE}"
    r"|\b(?:priors?|comparison)(?=\W*(?:$|which\b|there\b|was\b|were\b|showed\b|demonstrated\b|revealed\b))"
)
_COMPARED = re.compile(r"\b(?:compar\w+[^,;]*(?:to|with)|since|than|from|relative to)(?: (?:on|the|a|his|her|an))*\s*$")
_THEN = re.compile(
    r"\b(?:previously|formerly|yesterday|last (?:week|month|year|night|time|admission)"
    r"|(?:days?|weeks?|months?|years?) ago)\b"
)
_PAST = re.compile(
    r"\b(?:was|were|had|show(?:ed|n|ing)|demonstrat(?:ed|ing)|reveal(?:ed|ing)|depicted|displayed|reported)\b"
)
_NOW = re.compile(
    r"\b(?:is|are|has|have|remain(?:s|ed|ing)?|persist(?:s|ed|ent)?|now|today|current(?:ly)?"
    r"|present (?:film|study|image)|unchanged|change|stable|again|still|no longer|resolved|cleared|gone|similar"
    r"|not (?:seen|present|identified|visible)|(?:in|de)creas(?:ed|ing)|improv(?:ed|ing|ement)"
    r"|worse(?:n(?:ed|ing))?|larger|smaller|new|progress(?:ed|ion))\b"
)
_LOCATIVE = re.compile(r"^\W*(?:on|in|at|per)\b")
_RELATIVE = re.compile(r"^\W*(?:which|that|and|where|but|it|now|since|subsequently)\b")
_GOING_ON = re.compile(r"^\W*(?:which|that|where|\w+ing|showed|demonstrated|revealed|had)\b")
_DATED = re.compile(r"^\W*(?:of|from|dated|on|taken|performed|obtained)\b")
_PARTS = re.compile(r"[^;,]+")


def earlier_spans(sentence: str) -> list[tuple[int, int]]:
    """Characters [start, end) of each part of a sentence that tells of an earlier film alone.

    Parts stand between commas. One tells of then when it names an earlier film or time, and a verb of the past; so do
    the parts that go on with it, until one says what is now. What is said to have been then and to be so now ("which
    has decreased") is said of this film.
    """
    parts = [(found.start(), found.end()) for found in _PARTS.finditer(sentence)]
    texts = [sentence[start:end].lower() for start, end in parts]
    then = list(_told_then(texts))
    return [part for i, part in enumerate(parts) if then[i] and not _goes_on_now(texts, i)]


def _told_then(texts: list[str]) -> Iterator[bool]:
    """For each part of a sentence whether it tells of then."""
    then, film, where = False, False, False  # the part before: told of then, named a film, was "on the prior film"
    for text in texts:
        old, now = _names_old_film(text) or bool(_THEN.search(text)), bool(_NOW.search(text))
        goes_on = then or where or (film and bool(_GOING_ON.match(text)))
        then = not now and (then or (bool(_PAST.search(text)) and (old or goes_on)))
        film = bool(_FILM.search(text) or (film and _DATED.match(text)))
        where = old and bool(_LOCATIVE.match(text)) and not now
        yield then


def _names_old_film(text: str) -> bool:
    """Whether an earlier film is named otherwise than to compare this one with it ("larger than on the prior film")."""
    return any(not _COMPARED.search(text[: found.start()]) for found in _FILM.finditer(text))


def _goes_on_now(texts: list[str], i: int) -> bool:
    """Whether the next part says what has become of what a part tells."""
    return i + 1 < len(texts) and bool(_RELATIVE.match(texts[i + 1]) and _NOW.search(texts[i + 1]))

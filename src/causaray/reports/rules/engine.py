"""Reading a report by rules: the default engine, deterministic, with no network and no model.

Each sentence is cut into the phrases of the lexicon; findings get the state of the cues whose stretch they stand in
(after NegEx, Chapman et al. 2001, and ConText, Harkema et al. 2009), and side, place, severity, size and change of the
words beside them.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.reports.linebreaks import with_line_breaks
from causaray.reports.reading import Mention, Reading
from causaray.reports.rules.attributes import SIDED, attributed
from causaray.reports.rules.clauses import Named, clauses
from causaray.reports.rules.earlier import earlier_spans
from causaray.reports.rules.explained import explained
from causaray.reports.rules.items import items
from causaray.reports.rules.language import ENGLISH, language_of
from causaray.reports.rules.states import with_states
from causaray.reports.rules.words import sentences
from causaray.reports.sections import sections

_POINTS_BACK = re.compile(r"^\W*(?:this|these)\b|\b(?:adjacent|associated|surrounding|accompanying)\b", re.IGNORECASE)


def read_report(text: str) -> Reading:
    """The findings that a report names. Text in any form is taken; what is no report has no mentions.

    Of a text in another language than English nothing is read, and the reading says so.
    Raises BadInput for text that is not text.
    """
    if "\x00" in text:
        raise BadInput("The report holds bytes that are no text; give a plain text file.")
    parts, language, plain = sections(text), language_of(text), with_line_breaks(text)
    if language != ENGLISH:
        return Reading(text, parts, (), language)
    found = [mention for part in parts for mention in _of_section(plain, part.start, part.end, part.name)]
    return Reading(text, parts, tuple(found))


def _of_section(text: str, start: int, end: int, name: str) -> Iterator[Mention]:
    before: Finding | None = None  # the last finding with a place that the sentence before named
    for begin, stop in sentences(text, start, end):
        found = [_beside(mention, text[begin:stop], before) for mention in _of_sentence(text[begin:stop])]
        for mention in found:
            yield replace(mention, start=mention.start + begin, end=mention.end + begin, section=name)
        placed = [m.finding for m in found if m.finding.side and m.finding.state != "absent"]
        before = placed[-1] if placed else None


def _beside(mention: Mention, sentence: str, before: Finding | None) -> Mention:
    """A mention without a place, in a sentence that points back ("This represents pneumonia"), is where that was."""
    one = mention.finding
    if before is None or one.side or one.location or one.name not in SIDED or not _POINTS_BACK.search(sentence):
        return mention
    return replace(mention, finding=replace(one, side=before.side, location=before.location))


@lru_cache(maxsize=16384)
def _of_sentence(sentence: str) -> tuple[Mention, ...]:
    """The mentions of a sentence, placed within it: reports repeat their sentences."""
    told = [explained(with_states(clause)) for clause in clauses(items(sentence))]
    found = [named for clause in told for named in attributed(clause)]
    then = earlier_spans(sentence)
    now = [named for named in found if not any(start <= named.start < end for start, end in then)]
    return tuple(mention for named in now if (mention := _mention(named)))


def _mention(named: Named) -> Mention | None:
    """None for what a report does not say of the image, and for a place that the finding cannot have."""
    if named.passed:
        return None
    severity = named.severity if named.name != "No Finding" else None
    side, location = _place(named)
    finding = Finding(named.name, named.state, severity, side, location)
    return Mention(finding, named.start, named.end, "", named.size_mm, named.change, named.device, named.certainty)


def _place(named: Named) -> tuple[str | None, str | None]:
    """Side and location as a Finding takes them: the left lung has no middle lobe, and nothing is absent on both sides
    that is not simply absent."""
    if named.name == "No Finding":
        return None, None
    side = None if (named.state, named.side) == ("absent", "bilateral") else named.side
    if named.location == "middle lobe" and side in ("left", "bilateral"):
        return side, "middle zone"
    return side, named.location

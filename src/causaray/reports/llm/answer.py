"""What a language model answered, checked and found again in the report."""

import re
from collections import Counter

from pydantic import ValidationError

from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.reports.llm.request import Answer, Said
from causaray.reports.reading import Mention, Reading
from causaray.reports.sections import Section, sections
from causaray.vocabulary import normalize


class BadAnswer(Exception):
    """An answer that cannot be used. The message is what it did, without a word of the report or of the answer.

    `fault` says it in full, and is for the model alone.
    """

    def __init__(self, did: str, fault: str) -> None:
        super().__init__(did)
        self.fault = fault


def mentions_of(answer: str, text: str) -> tuple[Mention, ...]:
    """The mentions of an answer in the order of the report `text`, repetitions dropped.

    Words that the report has more than once are taken where it speaks of this image, and one place after the other for
    one finding mentioned several times.

    Raises:
        BadAnswer: it is no JSON of the schema, names an impossible finding, or quotes what is not in the report.
    """
    found: list[Mention] = []
    taken: Counter[tuple[str, str]] = Counter()
    for said in _parsed(answer).mentions:
        places = _placed(said, text)
        what = (said.quote.casefold(), said.finding)
        found.append(places[min(taken[what], len(places) - 1)])
        taken[what] += 1
    return tuple(sorted(dict.fromkeys(found), key=lambda mention: (mention.start, mention.end)))


def faults(error: ValidationError) -> str:
    """What pydantic found wrong, the first three of it: "mentions.0.state: Field required"."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[:3]
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in first)


def _parsed(answer: str) -> Answer:
    try:
        return Answer.model_validate_json(answer)
    except ValidationError as error:
        raise BadAnswer("was no JSON of the schema", faults(error)) from None


def _placed(said: Said, text: str) -> list[Mention]:
    """The mention at each place of the report that has its words, those that speak of this image first."""
    finding, parts = _finding(said), sections(text)
    device = normalize(said.device) if said.device and finding.name == "Support Devices" else None
    spans = [(start, end, _section_at(start, parts)) for start, end in _spans(said.quote, text)]
    places = [Mention(finding, *span, said.size_mm, said.change, device) for span in spans]
    if not places:
        raise BadAnswer("quoted what is not in the report", f'the quote "{said.quote[:200]}" is not in the report.')
    told = Reading(text, parts, tuple(places)).told
    return sorted(places, key=lambda place: place not in told)


def _finding(said: Said) -> Finding:
    try:
        return Finding(said.finding, said.state, said.severity, said.side, said.location)
    except BadInput as error:
        raise BadAnswer("named an impossible finding", str(error)) from None


def _section_at(start: int, parts: tuple[Section, ...]) -> str:
    """The name of the section that holds a character; a heading belongs to what stands under it."""
    return next((part.name for part in parts if start < part.end), "")


def _spans(quote: str, text: str) -> list[tuple[int, int]]:
    """Where the words of `quote` stand in `text`, letter for letter, or else in any case and spacing.

    They start where a word starts, and the last one may go on: "effusion" is found in "effusions".
    """
    words = [re.escape(word) for word in quote.split()]
    if not words:
        return []
    letters, spaced = re.escape(quote.strip()), r"\s+".join(words)
    exact = [match.span() for match in re.finditer(rf"(?<!\w){letters}\w*", text)]
    return exact or [match.span() for match in re.finditer(rf"(?<!\w){spaced}\w*", text, re.IGNORECASE)]

"""A request in whatever words: the small language of prompts first, else sentences as reports say them."""

import re
from collections.abc import Collection
from dataclasses import replace

from causaray.errors import BadInput, UnknownWord
from causaray.findings import Findings, parse_prompt
from causaray.reports.reading import Mention
from causaray.reports.rules.clauses import Clause, clauses
from causaray.reports.rules.engine import read_report
from causaray.reports.rules.items import Item, items
from causaray.reports.rules.lexicon import lexicon
from causaray.reports.rules.words import corrected
from causaray.vocabulary import AMBIGUOUS, NAMES, normalize

_MARKS = frozenset(",;:()/")
_UNSAID = ("change", "size", "other", "harmless")
"""What a sentence may say and no Findings can."""


def read_request(text: str, names: Collection[str] = NAMES) -> Findings:
    """What a prompt asks for: "moderate left effusion, no edema", or "There is fluid ..." in a report's sentences.

    A report's sentences, in English, are tried only where a word is none of the small language's: what that refuses
    stays refused, with `names` as the findings that may be asked for.
    Raises BadInput as `parse_prompt` does, where neither can read every word (none is passed over, none corrected),
    and where the sentences contradict each other, leave open which of two is meant, or say two severities of one.
    """
    try:
        return parse_prompt(text, names)
    except UnknownWord:
        mentions = read_report(text).mentions
        if not mentions or _passes_over(text):
            raise
    return _agreeing(text, mentions)


def _agreeing(text: str, mentions: tuple[Mention, ...]) -> Findings:
    """The findings of all mentions. Raises BadInput for alternatives, a middle lobe of the left, and contradictions."""
    if any(mention.certainty in ("either", "explained") for mention in mentions):
        raise BadInput(f'"{text.strip()}" leaves open which finding is meant; name one, or write "and" for both.')
    if any(item.get("location") == "middle lobe" for item in items(text)):
        for found in (mention.finding for mention in mentions if mention.finding.location == "middle zone"):
            replace(found, location="middle lobe")  # raises NoSuchPlace, where a report is read leniently
    return Findings(mention.finding for mention in mentions)


def _passes_over(text: str) -> bool:
    """Whether a reading would leave out something that the text says: a word, a change, a size, a second severity."""
    said = items(text)
    unknown = any(not _known(item) for item in said)
    unread = re.search(r"[^\w\s.,;:!'()/?&-]|[^\W\d_A-Za-z]", text)
    return unknown or bool(unread) or _misspelt(text) or any(_leaves_out(clause) for clause in clauses(said))


def _known(item: Item) -> bool:
    if item.text in AMBIGUOUS or item.cues() & {"pass over", "no change"}:
        return False
    unsaid = item.is_a(*_UNSAID) and not item.is_a("finding", "subject", "cue", "severity")
    return not unsaid and (bool(item.meanings) or item.text in lexicon().words["plain"] or item.text in _MARKS)


def _leaves_out(clause: Clause) -> bool:
    """Whether a clause tells places or severities of nothing, or two severities of one finding."""
    severities = sum(item.is_a("severity") for item in clause.items)
    told = sum(item.is_a("severity", "side", "location", "place") for item in clause.items)
    return severities > len(clause.named) if clause.named else told > 0


def _misspelt(text: str) -> bool:
    said = (normalize(word) for word in re.findall("[a-z]+", text.lower()))
    return any(corrected(word) != word for word in said)

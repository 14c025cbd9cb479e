"""What anybody would try first: every finding named is present, or is unless a "no" stands before it."""

from causaray.finding import Finding
from causaray.reports.reading import Mention, Reading
from causaray.reports.rules.items import Item, items
from causaray.reports.rules.words import sentences
from causaray.reports.sections import sections


def keywords(text: str) -> Reading:
    """Every finding of the lexicon that is named is present."""
    return _read(text, negation=False)


def negation_only(text: str) -> Reading:
    """As `keywords`, absent where a word of denial stands before it in the sentence (the idea of NegEx)."""
    return _read(text, negation=True)


def _read(text: str, negation: bool) -> Reading:
    parts = sections(text)
    found = [
        mention
        for part in parts
        for start, end in sentences(text, part.start, part.end)
        for mention in _mentions(items(text[start:end]), start, part.name, negation)
    ]
    return Reading(text, parts, tuple(found))


def _mentions(said: list[Item], start: int, section: str, negation: bool) -> list[Mention]:
    found, denied = [], False
    for item in said:
        denied = denied or (negation and "deny" in item.cues())
        for name in item.get("finding") or ():
            finding = Finding(name, "absent" if denied else "present")
            device = item.text if name == "Support Devices" else None
            found.append(Mention(finding, item.start + start, item.end + start, section, device=device))
    return found

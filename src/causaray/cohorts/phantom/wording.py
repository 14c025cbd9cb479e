"""Findings put into words: noun phrases with their article and number, and templates filled with them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from causaray.cohorts.phantom.phrases import ADVERBS, LOCATIONS, NOUNS, PLACES, SIDES
from causaray.finding import Finding

Choose = Callable[[Sequence[Any]], Any]
"""Takes one of several ways to say something."""


def chooser(rng: np.random.Generator | None) -> Choose:
    """One at random, or always the first without a generator."""
    return lambda ways: ways[0 if rng is None else int(rng.integers(len(ways)))]


@dataclass(frozen=True)
class Phrase:
    """A noun with what stands around it, such as "small left pleural effusion", and how it takes article and verb."""

    text: str
    plural: bool
    counted: bool

    @property
    def with_article(self) -> str:
        """ "a small left pleural effusion", but "small bilateral pleural effusions" and "pulmonary edema"."""
        return with_article(self.text) if self.counted and not self.plural else self.text


def with_article(text: str) -> str:
    """The text behind "a" or "an", by its first letter."""
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"


def phrase(finding: Finding, choose: Choose) -> Phrase:
    """The noun of a finding with its severity, side and location, whatever its state."""
    noun = NOUNS[finding.name]
    one, many = choose(noun.spellings)
    plural = bool(many) and (finding.side == "bilateral" or not one)
    severity = choose(noun.scale[finding.severity]) if finding.severity else ""
    before, after = _place(finding, choose)
    words = (severity, before, many if plural else one, after)
    return Phrase(" ".join(word for word in words if word), plural, bool(many))


def fill(template: str, finding: Finding, choose: Choose, before: Finding | None = None) -> str:
    """The template as a sentence about `finding`; `before` is what it was, where the template says so."""
    whole, bare = phrase(finding, choose), phrase(replace(finding, severity=None), choose)
    plural = bare.plural
    slots = {
        "np": whole.text,
        "a": whole.with_article,
        "bare": bare.text,
        "old": phrase(before, choose).with_article if before else "",
        "was": _severity(before, choose),
        "now": _severity(finding, choose),
        "ly": f"{choose(ADVERBS[finding.severity])} " if finding.severity else "",
        "is": "are" if plural else "is",
        "has": "have" if plural else "has",
        "s": "" if plural else "s",
    }
    return capitalized(template.format(**slots))


def capitalized(text: str) -> str:
    """The text with its first letter in upper case and the others as they are."""
    return text[:1].upper() + text[1:]


def _severity(finding: Finding | None, choose: Choose) -> str:
    return choose(NOUNS[finding.name].scale[finding.severity]) if finding and finding.severity else ""


def _place(finding: Finding, choose: Choose) -> tuple[str, str]:
    """Side and location as words before the noun, or after it."""
    if not finding.side and not finding.location:
        return "", ""
    if finding.location != "diffuse" and choose(("before", "after")) == "after":
        return "", _behind(finding.side, finding.location)
    side = choose(SIDES[finding.side]) if finding.side else ""
    location = choose(LOCATIONS.get(finding.location, (finding.location,))) if finding.location else ""
    words = (location, side) if finding.location == "diffuse" else (side, location)
    return " ".join(word for word in words if word), ""


def _behind(side: str | None, location: str | None) -> str:
    if location is None:
        return "on both sides" if side == "bilateral" else f"on the {side}"
    preposition, one, both = PLACES[location]
    return (
        f"{preposition} both {both}"
        if side == "bilateral"
        else f"{preposition} the {side or ''} {one}".replace("  ", " ")
    )

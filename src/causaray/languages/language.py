"""A language in which prompts are read, refused and told again: its words, what they mean, and its sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from causaray.vocabulary import NAMES, advice, entries

if TYPE_CHECKING:
    from causaray.finding import Finding

Fields = dict[str, str]
"""What a phrase gives to its clause: values of a Finding by its fields, or "joiner" for words between clauses."""


@dataclass(frozen=True, eq=False)
class Language:
    """The words of a language. Words are listed with commas between them, in any of their forms.

    Attributes:
        code: ISO 639-1.
        name: what its speakers call it.
        normalize: a phrase without what its forms differ in: case, endings, accents.
        filler: words that say nothing.
        supporting: words that say nothing alone, but are part of longer phrases.
        joiners: "," (and), ";" (with, but) and "or" -> the words and signs that part clauses so.
        negations: words that deny what follows, and begin a clause.
        attributes: field of a Finding -> value -> words.
        places: phrases that tell side and location at once.
        spellings: name of a finding -> words that mean it.
        devices: kind of support device -> words that mean it, beside those of the spellings.
        ambiguous: phrase -> what to say instead.
        abnormal: words for an image that is not normal.
        rewrites: patterns and what takes their place in the text, in lower case, before it is cut into words.
        sentences: refusals by what is wrong, with {places}.
        names: finding -> what it is called where it stands alone.
        tell: a Finding in words that are read back to it.
    """

    code: str
    name: str
    normalize: Callable[[str], str]
    filler: str
    supporting: str
    joiners: Mapping[str, str]
    negations: str
    attributes: Mapping[str, Mapping[str, str]]
    places: Mapping[str, tuple[str, str]]
    spellings: Mapping[str, str]
    devices: Mapping[str, str]
    ambiguous: Mapping[str, str]
    abnormal: str
    rewrites: tuple[tuple[str, str], ...]
    sentences: Mapping[str, str]
    names: Mapping[str, str]
    tell: Callable[[Finding], str]

    def key(self, phrase: str) -> str:
        """A phrase as it is looked up: normalized, without filler."""
        return self.normalize(" ".join(self._words(phrase.casefold())))

    def say(self, what: str, /, **parts: str) -> str:
        """The sentence of a refusal."""
        return self.sentences[what].format(**parts)

    @cached_property
    def phrases(self) -> list[tuple[str, Fields]]:
        """Every phrase as it is listed, with its meaning; of two that are read alike the later counts."""
        told = [(phrase, Fields()) for phrase in (*entries(self.supporting), *self.ambiguous)]
        for attribute, values in self.attributes.items():
            told += [(phrase, {attribute: value}) for value, words in values.items() for phrase in entries(words)]
        told += [(phrase, {"side": side, "location": place}) for phrase, (side, place) in self.places.items()]
        told += [(word, {"joiner": joiner}) for joiner, words in self.joiners.items() for word in words.split(" ")]
        told += [(word, {"state": "absent"}) for word in entries(self.negations)]
        told += [(phrase, {"name": name}) for name, words in self.spellings.items() for phrase in entries(words)]
        told += [(phrase, {"name": "Support Devices"}) for words in self.devices.values() for phrase in entries(words)]
        return told + [(word, {"name": "No Finding", "state": "absent"}) for word in entries(self.abnormal)]

    @cached_property
    def lexicon(self) -> dict[str, Fields]:
        """What each normalized phrase means."""
        return {self.key(phrase): fields for phrase, fields in self.phrases}

    @cached_property
    def denying(self) -> frozenset[str]:
        """The negations, normalized."""
        return frozenset(map(self.key, entries(self.negations)))

    @cached_property
    def open_to_doubt(self) -> dict[str, str]:
        """`ambiguous` by normalized phrases."""
        return {self.key(phrase): instead for phrase, instead in self.ambiguous.items()}

    @cached_property
    def device_kinds(self) -> dict[str, str]:
        """The kind of support device by its normalized phrases."""
        return {self.key(phrase): kind for kind, words in self.devices.items() for phrase in entries(words)}

    def cut(self, text: str) -> Iterator[str]:
        """`text` as the longest phrases of the lexicon, and the words between them together; without filler."""
        words, start = self._words(self._rewritten(text)), 0
        while start < len(words):
            end = start + self._match(words, start)
            if end == start:
                end = next((i for i in range(start + 1, len(words)) if self._match(words, i)), len(words))
            yield " ".join(words[start:end])
            start = end

    def knows(self, phrase: str) -> bool:
        """Whether a phrase is in the lexicon."""
        return self.normalize(phrase) in self.lexicon

    def strange(self, text: str) -> int:
        """How many words of a text the language does not have."""
        return sum(len(phrase.split()) for phrase in self.cut(text) if not self.knows(phrase))

    def unknown(self, words: str, names: Collection[str] = NAMES) -> str:
        """The refusal of words that are not known, or may mean several things; `names` are the findings to ask for."""
        said = "unknown words" if " " in words else "unknown"
        spelled = {self.key(phrase): (phrase, fields) for phrase, fields in self.phrases if fields}
        known = {
            key: self.names[fields["name"]] if "name" in fields else phrase for key, (phrase, fields) in spelled.items()
        }
        told = [self.names[name] for name in names]
        return self.say(
            said, words=words, advice=advice(self.normalize(words), known, told, self.open_to_doubt, self.sentences)
        )

    @cached_property
    def _fillers(self) -> frozenset[str]:
        return frozenset(self.normalize(word) for word in entries(self.filler))

    @cached_property
    def _longest(self) -> int:
        return max(len(phrase.split()) for phrase in self.lexicon)

    def _rewritten(self, text: str) -> str:
        text = " " + text.casefold().replace("\n", ";")
        for pattern, instead in self.rewrites:
            text = re.sub(pattern, instead, text)
        return re.sub(r"\(([^()]*)\)", lambda found: found[1].replace(",", " ").join("  "), text)

    def _words(self, text: str) -> list[str]:
        words = re.findall(r"""[^\W_]+|[^\w\s()"'-]""", text)
        return [word for word in words if self.normalize(word) not in self._fillers]

    def _match(self, words: list[str], start: int) -> int:
        """How many words from `start` make the longest known phrase; 0 when none does."""
        sizes = range(min(self._longest, len(words) - start), 0, -1)
        return next((size for size in sizes if self.knows(" ".join(words[start : start + size]))), 0)

"""The languages in which prompts are read: English, German, French and Spanish."""

from functools import lru_cache

from causaray.languages.english import ENGLISH
from causaray.languages.french import FRENCH
from causaray.languages.german import GERMAN
from causaray.languages.language import Language
from causaray.languages.spanish import SPANISH

__all__ = ["ENGLISH", "LANGUAGES", "Language", "language_of"]

LANGUAGES = {one.code: one for one in (ENGLISH, GERMAN, FRENCH, SPANISH)}
"""Each language by its ISO 639-1 code; where a text may be of several, the first is meant."""


@lru_cache(maxsize=256)
def language_of(text: str) -> Language:
    """The language that has most of the words of a prompt, English where none has more than it."""
    return min(LANGUAGES.values(), key=lambda language: language.strange(text))

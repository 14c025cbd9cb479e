"""In which language a text is written, as far as reading English reports needs it."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

ENGLISH = "English"
_SCRIPTS = {"CJK": "Chinese or Japanese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean"}


@cache
def _languages() -> Mapping[str, list[str]]:
    """The languages that each word of languages.yaml is common in."""
    values = yaml.safe_load((files("causaray.reports.rules") / "languages.yaml").read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    for language, text in values.items():
        for word in text.split(","):
            found.setdefault(word.strip(), []).append(language)
    return found


def language_of(text: str) -> str:
    """The language of a report: the one with most of its common words, English where none has more.

    Text in other letters is named by the letters; text in Latin letters of no language known here, with many accents
    and no English word, is "another language". A text without words is English.
    """
    said = re.findall(r"[^\W\d_]+", text.casefold())
    foreign = [] if text.isascii() else [letter for letter in "".join(said) if not _is_latin(letter)]
    if 2 * len(foreign) > sum(map(len, said)):
        script = unicodedata.name(foreign[0]).split()[0]
        return _SCRIPTS.get(script, f"{script.capitalize()} letters")
    hits = Counter(language for word in said for language in _languages().get(word, ()))
    if not hits and 4 * sum(not word.isascii() for word in said) > len(said) > 1:
        return "another language"
    return max((ENGLISH, *hits), key=lambda language: (hits[language], language == ENGLISH))


def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "LATIN").startswith("LATIN")

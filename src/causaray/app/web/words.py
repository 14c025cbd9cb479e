"""The words of the pages in other languages than English, as the browser asks for them."""

import json
from collections.abc import Callable
from importlib.resources import files
from itertools import product
from typing import Any

from fastapi import FastAPI

from causaray.finding import Finding
from causaray.languages import ENGLISH, LANGUAGES, Language
from causaray.vocabulary import LOCATIONS, NAMES, SEVERITIES, SIDES, STATES

Words = dict[str, Any]


def mount_words(app: FastAPI) -> None:
    """Put the words of each language onto the application, at /words/de and so on."""
    for language in LANGUAGES.values():
        if language is not ENGLISH:
            app.get(f"/words/{language.code}", include_in_schema=False)(_fixed(words(language)))


def words(language: Language) -> Words:
    """`texts`: English text -> the same in the language, of the page's catalogue and of every request without a place.

    `places`: finding in lower case -> place -> what a request with it ends in.
    """
    catalogue = files("causaray.app.web") / "static" / f"words-{language.code}.json"
    texts = {name: _capital(language.names[name]) for name in NAMES}
    texts |= {one.to_text(): language.tell(one) for one in _requests()}
    return {"texts": {**texts, **json.loads(catalogue.read_text(encoding="utf-8"))}, "places": _places(language)}


def _requests() -> list[Finding]:
    """Every finding without a place."""
    normal = [Finding("No Finding", state) for state in STATES]
    asked = product(NAMES[1:], STATES, (None, *SEVERITIES), (None, *SIDES))
    return [*normal, *(Finding(*one) for one in asked)]


def _places(language: Language) -> dict[str, dict[str, str]]:
    endings: dict[str, dict[str, str]] = {}
    for plain in map(Finding, NAMES[1:]):
        placed = {place: language.tell(Finding(plain.name, location=place)) for place in LOCATIONS}
        told = language.tell(plain)
        endings[plain.to_text()] = {place: text.removeprefix(told) for place, text in placed.items()}
    return endings


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _fixed(content: Words) -> Callable[[], Words]:
    return lambda: content

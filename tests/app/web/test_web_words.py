"""The page's words in other languages: none is missing, and they say where a name or a figure stands."""

import re
from html.parser import HTMLParser

import pytest
from web_server import serving

from causaray.app.web.page import PAGES
from causaray.app.web.service import Service
from causaray.app.web.words import words
from causaray.languages import ENGLISH, LANGUAGES

OTHERS = [language for language in LANGUAGES.values() if language is not ENGLISH]
SPOKEN = ("aria-label", "placeholder", "title")


class Texts(HTMLParser):
    """All that a page says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said, self._silent = set[str](), False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self._silent = tag in ("script", "style")
        for name, value in attrs:
            if name in SPOKEN and value:
                self._say(value)

    def handle_data(self, data):
        if not self._silent:
            self._say(data)

    def handle_endtag(self, tag):
        self._silent = False

    def _say(self, text: str) -> None:
        text = " ".join(text.replace("\u00ad", "").split())
        if re.search("[A-Za-z]", text):
            self.said.add(text)


def places(text: str) -> set[str]:
    return set(re.findall(r"\{\w+\}", text))


@pytest.fixture(scope="module")
def known():
    return {language.code: words(language)["texts"] for language in OTHERS}


def test_no_word_of_a_page_is_missing_in_any_language(editor_folder, judge, known):
    with serving(Service(editor_folder, places=2), page=True) as web:
        pages = [page for page in (web.get(path).text for path, _ in PAGES.values()) if "language.js" in page]
        assert len(pages) == len(PAGES)
        for code, texts in known.items():
            assert [Texts(page).said - set(texts) for page in pages] == [set()] * len(PAGES)
            assert web.get(f"/words/{code}").json()["texts"] == texts
        assert web.get("/words/en").status_code == 404


def test_the_languages_know_the_same_and_put_what_is_filled_in(known):
    german, french, spanish = known.values()
    assert set(german) == set(french) == set(spanish)
    for texts in known.values():
        assert all(own.strip() and places(own) == places(english) for english, own in texts.items())


def test_a_request_and_its_place_are_put_together(known):
    assert [texts["no severe left atelectasis"] for texts in known.values()] == [
        "keine schwere Atelektase links", "sans atélectasie gauche sévère", "sin atelectasia izquierda grave",
    ]  # fmt: skip
    endings = [words(language)["places"]["atelectasis"]["basal"] for language in OTHERS]
    assert endings == [" basal", " basale", " basal"]

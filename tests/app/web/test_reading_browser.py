"""A set read in a browser by the keyboard alone, and scored."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Watched, watched
from reading_films import images
from reading_served import reading, small_set

from causaray import reading_score
from causaray.evaluation.reading_room.key import Key
from causaray.evaluation.reading_room.reader_set import READER

ARROWS = {"right": "ArrowLeft", "left": "ArrowRight", "bilateral": "ArrowUp"}
LETTERS = {"No Finding": "n", "Cardiomegaly": "c", "Edema": "e", "Pleural Effusion": "p"}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return small_set(tmp_path)


@pytest.fixture
def visit(browser, made: Path) -> Iterator[object]:
    """Opens the reading room; at the end no console has said anything, and no other host was asked."""
    visitors: list[tuple[object, Watched]] = []
    with reading(made) as (_, url):

        def visited(width: int = 1280) -> Watched:
            context = browser.new_context(viewport={"width": width, "height": 900})
            visitors.append((context, watched(context, url)))
            return visitors[-1][1]

        yield visited
        for context, one in visitors:
            context.close()
            assert not one.console and all(address.startswith((url, "data:")) for address in one.asked)


def shown(page, number: int) -> None:
    page.wait_for_function(
        "n => where.textContent.startsWith(`Image ${n} of`) && image.complete && !image.style.visibility", arg=number
    )


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_set_is_read_and_scored(visit, made: Path, tmp_path: Path) -> None:
    page, key = visit().page, Key.read(made)
    press(page, "Enter")
    for number, entry in enumerate(key.entries.values(), 1):
        shown(page, number)
        side = ARROWS.get(entry.finding.side or "")
        press(page, LETTERS[entry.finding.name], *filter(None, [side]), "5", "Enter")
    page.wait_for_selector("#done:not([hidden])")
    found = reading_score(made, tmp_path / "out")["edited"]
    assert found["named_with_side"]["value"] == 1 and found["real"]["value"] == 5 and found["seconds"]["value"] < 60


@pytest.mark.parametrize("width", [1280, 390])
def test_back_and_forth_and_on_the_next_day(visit, made: Path, width: int) -> None:
    one = visit(width)
    page, file = one.page, made / READER / "answers-ann.csv"
    press(page, "Enter")
    shown(page, 1)
    press(page, "Enter")
    assert page.inner_text("#error") == "Choose a finding, by its letter."
    press(page, "p", "Enter")
    assert page.inner_text("#error") == "Choose a side, by an arrow."
    press(page, "ArrowRight", "Enter")
    assert (
        page.inner_text("#error") == "Say how real it looks, from 1 to 5." and len(file.read_text().splitlines()) == 1
    )
    press(page, "2", "r")
    page.keyboard.type("p 3 blunt")
    press(page, "Backspace", "Enter")
    shown(page, 2)
    press(page, "Backspace")
    shown(page, 1)
    assert page.input_value("#remark") == "p 3 blun", "letters and Backspace are a remark's where one is written"
    press(page, "n", "4", "Enter")
    shown(page, 2)
    assert not one.is_wider_than_the_screen()
    rows = [line.split(",")[:4] for line in file.read_text().splitlines()[1:]]
    assert rows == [["001.png", "Pleural Effusion", "left", "2"], ["001.png", "No Finding", "", "4"]]
    again = visit(width).page
    press(again, "Enter")
    shown(again, 2)
    assert again.inner_text("#answered") == "1 answered"


def test_the_clock_stands_still_while_the_tab_is_hidden(visit, made: Path) -> None:
    page = visit().page
    page.evaluate("window.now = 0; performance.now = () => window.now")
    hide = "h => { Object.defineProperty(document, 'hidden', {value: h, configurable: true});"
    hide += " document.dispatchEvent(new Event('visibilitychange')) }"
    press(page, "Enter")
    shown(page, 1)
    page.evaluate("window.now = 3000")
    page.evaluate(hide, True)
    page.evaluate("window.now = 60000")
    page.evaluate(hide, False)
    page.evaluate("window.now = 62000")
    press(page, "n", "3", "Enter")
    shown(page, 2)
    assert (made / READER / "answers-ann.csv").read_text().splitlines()[1].startswith("001.png,No Finding,,3,5.0,")


def test_it_can_be_used_by_everybody(visit, made: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit().page
    assert axe.run(page).violations_count == 0
    press(page, "Enter")
    shown(page, 1)
    assert axe.run(page).violations_count == 0
    assert page.inner_text("#live") == f"Image 1 of {len(images(made))}, 0 answered."
    page.focus("#findings button >> nth=1")
    press(page, "Enter")
    assert page.get_attribute("#findings button >> nth=1", "aria-pressed") == "true", "as buttons are pressed"

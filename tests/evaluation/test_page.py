from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import torch

from causaray.cohorts import Cohort
from causaray.evaluation.edits.edited_cohort import EditedCohort
from causaray.evaluation.page.drawing import fitted, interval, number, scale
from causaray.evaluation.page.figures import Mark, Measured, Row, flat, rows
from causaray.evaluation.page.frames import frame
from causaray.evaluation.page.html import element
from causaray.evaluation.page.page import page
from causaray.evaluation.page.pictures import attention
from causaray.evaluation.page.words import Axis, Frame

NOTHING: dict[str, Any] = {}
EFFECT = {"value": 0.75, "low": 0.5, "high": 1.0, "n": 9, "patients": 7}
ABOUT = {
    "command": "causaray evaluate --out <here>", "version": "1", "weights": "tiny & co", "digest": "0" * 64,
    "judge": "1" * 64, "split": "test", "limit": None, "seed": 0, "strength": 0.7, "guidance": None,
}  # fmt: skip


def test_text_is_escaped_and_markup_is_not() -> None:
    assert element("p", "a < b", element("b", "&"), class_="x", hidden=True, id=None) == (
        '<p class="x" hidden>a &lt; b<b>&amp;</b></p>'
    )
    assert element("svg", element("line", stroke_width=2)) == '<svg><line stroke-width="2"/></svg>'


def test_a_figure_stands_where_it_belongs() -> None:
    drawn = interval(Mark("", EFFECT, "main"), Axis(0, 1, reference=0.5))
    assert 'x1="50.0%" x2="100.0%"' in drawn, "the interval"
    assert 'x="75.0%"' in drawn and "<circle" in drawn, "the value"
    assert 'x1="50.0%" x2="50.0%"' in drawn, "the reference"
    assert "<rect" in interval(Mark("", 0.5, "control"), Axis(0, 1)), "controls are diamonds"
    assert "<circle" not in interval(Mark("", None, "main"), Axis(0, 1)), "what was not measured is not drawn"


def test_an_axis_holds_all_its_figures() -> None:
    axis = fitted(Axis(reference=0.0), [Row("", (Mark("", {"value": 3.0, "low": 2.0, "high": 5.0}, "main"),))])
    assert axis.low is not None and axis.high is not None and axis.low < 0 and axis.high > 5
    assert ">0.000<" in scale(axis) and ">5.300<" in scale(axis)
    assert fitted(Axis(), []).high is not None


def test_numbers_in_print() -> None:
    assert [number(0.1234), number(-1.5, 1), number(None), number(float("nan"))] == [
        "0.123",
        "\u22121.5",
        "\u2013",
        "\u2013",
    ]


def test_rows_of_a_star_with_controls_and_a_second_editor() -> None:
    said = Frame("", Axis(), "effect.*", {"": "area", "control: shuffled": "chance", "absent": "absent"})
    found = {"effect": {"Edema": {"area": EFFECT, "chance": 0.5}, "Mass": {"area": None}}}
    other = {"effect": {"Edema": {"area": {**EFFECT, "value": 0.6}, "chance": 0.4}}}
    apart = {"effect": {"Edema": {"area": {**EFFECT, "value": 0.15}}}}
    edema, mass = rows(said, Measured(found, other, apart))
    assert [(mark.label, mark.role) for mark in edema.marks] == [
        ("", "main"), ("other editor", "other"), ("difference", "difference"), ("control: shuffled", "control"),
    ]  # fmt: skip
    assert [mark.figure for mark in mass.marks] == [None]
    assert rows(said, Measured(NOTHING, NOTHING, NOTHING)) == []


def test_a_frame_that_was_not_measured_is_left_out() -> None:
    said = Frame("Effect", Axis(), {"edited": "effect.area"}, {"": ""})
    assert frame(said, Measured({"effect": None}, NOTHING, NOTHING)) is None
    made = frame(said, Measured({"effect": {"area": EFFECT}}, NOTHING, NOTHING))
    assert made is not None and "0.750" in made and "(0.500 to 1.000)" in made and "n 9 of 7 patients" in made


def test_a_matrix_marks_what_was_asked_for() -> None:
    cells = {"Edema": {"Edema": EFFECT, "Mass": None}}
    made = frame(Frame("", Axis(0, 1, 0.5), "m", {"": ""}, kind="matrix"), Measured({"m": cells}, NOTHING, NOTHING))
    assert made is not None and '<td class="more own" style="--share:50%">0.75</td>' in made


def test_curves_have_bands() -> None:
    curve = {"value": [0.0, 1.0], "low": [-1.0, 0.0], "high": [1.0, 2.0]}
    said = Frame("", Axis(high=0.5, reference=0), "c", {"": ""}, kind="curves")
    made = frame(said, Measured({"c": {"edited": curve}}, NOTHING, NOTHING))
    assert made is not None and "<polygon" in made and "<polyline" in made and "edited" in made


def test_all_figures_are_listed_without_curves_and_words() -> None:
    values = {
        "a": {"b": EFFECT, "curve": {"value": [1.0]}, "word": "x", "list": [1]},
        "n": 3,
        "none": None,
        "yes": True,
    }
    assert [path for path, _ in flat(values)] == [("a", "b"), ("n",), ("none",)]


class Outline(HTMLParser):
    """Reads a page as a browser would: elements that fetch, pictures, and whether all that opens is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value or "" for key, value in attrs if key in ("src", "href")]
        assert tag not in ("script", "link", "iframe")
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value or "" for key, value in attrs if key == "src"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_fetches_nothing(cohort: Path, tmp_path: Path) -> None:
    part = Cohort.open(cohort).subset(split="test")
    images = torch.from_numpy(part.images(np.arange(len(part))))
    edited = EditedCohort("nih", part, images, images, True, tmp_path, {"Edema": (images, 1 - images)})
    edited.gains["Edema"] = np.arange(10.0)
    found = {"images": 10, "patients": 10, "null_edit_equal": True, "mean_effect": EFFECT, "privacy": None}
    text = page({"about": ABOUT, "cohorts": {"nih": found}}, [[edited]])
    outline = Outline()
    outline.feed(text)
    assert outline.open == []
    assert sum(source.startswith("data:image/jpeg;base64,") for source in outline.sources) == 9 * 4
    assert all(source.startswith(("data:", "#")) for source in outline.sources)
    assert "causaray evaluate --out &lt;here&gt;" in text and "tiny &amp; co" in text
    assert "@import" not in text and "url(" not in text
    assert "prefers-color-scheme: dark" in text and "@media print" in text and "max-width: 560px" in text


def test_attention_is_shown_for_the_layers_there_are(tmp_path: Path) -> None:
    images, picture = torch.rand(2, 1, 8, 8), np.zeros((8, 8, 3))
    edited = EditedCohort("nih", None, images, images, True, tmp_path)  # type: ignore[arg-type]
    assert attention(edited) is None
    edited.attention = [[(picture, picture), (picture, picture)]]
    shown = attention(edited)
    assert shown is not None and "layer 2" in shown and "layer 3" not in shown and shown.count("<img") == 6

"""The verbs `reading make` and `reading score` on the command line."""

from pathlib import Path

import pytest
from reading_films import answered, edited

import causaray
from causaray.app.cli import main


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    return edited(tmp_path / "ours", [(i, ("Edema", "Cardiomegaly")[i % 2], "present", "") for i in range(8)])


def run(*arguments: object) -> int:
    return main(["reading", *map(str, arguments)])


def test_a_set_is_made_and_scored(ours: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = tmp_path / "set"
    assert run("make", "--edited", f"ours={ours}", "--out", made, "--side", 64) == 0
    assert "8 images, synthetic ones among them and not marked, are in" in capsys.readouterr().out
    answers = answered(made, tmp_path / "ann.csv")
    assert run("score", made, "--answers", answers, "--out", tmp_path / "out") == 0
    said = capsys.readouterr().out
    assert "ann read 8 of 8 images." in said and "ours: Edema: named 1.00 (1.00 to 1.00), looks real 5.00" in said
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"reading.json", "reading.md", "index.html"}


def test_the_functions_are_the_package_s() -> None:
    names = ("reading_make", "reading_serve", "reading_score")
    assert set(names) <= set(causaray.__all__) and all(callable(getattr(causaray, name)) for name in names)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["make", "--edited", "ours={ours}", "--out", "{out}", "--per-finding", "5"],
            "ask for --per-finding 4 or fewer",
        ),
        (["make", "--edited", "{ours}", "--out", "{out}"], "should be NAME=FOLDER"),
        (["make", "--edited", "a={ours}", "--edited", "a={ours}", "--out", "{out}"], "should be NAME=FOLDER"),
        (["make", "--edited", "ours={out}", "--out", "{out}"], "holds no edits.csv"),
        (["make", "--edited", "ours={ours}", "--out", "{out}", "--untouched", "{out}"], "There is no "),
        (["make", "--edited", "ours={ours}", "--out", "{out}", "--side", "9"], "Images of 9 pixels"),
        (["make", "--edited", "ours={ours}", "--out", "{out}", "--state", "gone"], "There is no state gone"),
        (["make", "--out", "{out}"], "Missing option"),
        (["score", "{ours}", "--out", "{out}"], "is no reading set"),
        (["serve", "{ours}", "--reader", "ann"], "is no reading set"),
    ],
)
def test_one_sentence_and_nothing_written(
    ours: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    places = {"ours": ours, "out": tmp_path / "out"}
    assert run(*(argument.format(**places) for argument in arguments)) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and "Traceback" not in error
    assert {path.name for path in tmp_path.iterdir()} == {"ours"}

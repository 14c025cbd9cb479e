"""Answers go to the disk one by one, and are read with care whoever wrote them."""

from pathlib import Path

import pytest
from reading_films import table

from causaray import BadInput
from causaray.evaluation.reading_room.answers import COLUMNS, Answer, AnswerFile, read_answers
from causaray.evaluation.reading_room.reader_set import SIDES, ReaderSet

CHOICES = {"No Finding": (), "Cardiomegaly": (), "Pleural Effusion": SIDES}
GOOD = {"image": "001.png", "finding": "Pleural Effusion", "side": "left", "real": "4"}


@pytest.fixture
def asked(tmp_path: Path) -> ReaderSet:
    return ReaderSet(tmp_path, "id", ("001.png", "002.png"), CHOICES)


def test_what_was_answered_is_there_when_the_file_is_opened_again(asked: ReaderSet) -> None:
    first = Answer("001.png", "Pleural Effusion", "left", 4, 12.5, 'a "blunt", angle', "2026-01-01T00:00:00+00:00")
    AnswerFile(asked, "ann").add(first)
    again = AnswerFile(asked, "ann")
    assert again.answers == {"001.png": first}
    again.add(Answer("002.png", "No Finding", None, 2, 3.0))
    assert [*AnswerFile(asked, "ann").answers] == ["001.png", "002.png"]
    assert AnswerFile(asked, "bob").answers == {}
    assert again.path.read_text().splitlines()[0] == ",".join(COLUMNS)


def test_a_line_that_a_crash_cut_short_is_taken_away(asked: ReaderSet) -> None:
    kept = AnswerFile(asked, "ann")
    kept.add(Answer("001.png", "No Finding", None, 4, 1.0))
    with kept.path.open("a") as file:
        file.write("002.png,Pleural Eff")
    again = AnswerFile(asked, "ann")
    assert [*again.answers] == ["001.png"]
    again.add(Answer("002.png", "Cardiomegaly", None, 5, 1.0))
    assert read_answers(kept.path, asked).by_image["002.png"].finding == "Cardiomegaly"


def test_the_last_of_two_answers_counts(asked: ReaderSet) -> None:
    kept = AnswerFile(asked, "ann")
    for real in (1, 2, 5):
        kept.add(Answer("001.png", "No Finding", None, real))
    read = read_answers(kept.path, asked)
    assert read.by_image["001.png"].real == 5 and read.repeated == {"001.png": 3} and read.reader == "ann"


@pytest.mark.parametrize(
    ("changed", "read"),
    [
        ({"image": "001"}, Answer("001.png", "Pleural Effusion", "left", 4)),
        ({"finding": "effusions", "side": "Both"}, Answer("001.png", "Pleural Effusion", "bilateral", 4)),
        ({"finding": "normal", "side": "left"}, Answer("001.png", "No Finding", None, 4)),
        ({"side": "", "real": "4.0"}, Answer("001.png", "Pleural Effusion", None, 4)),
        ({"side": " LEFT "}, Answer("001.png", "Pleural Effusion", "left", 4)),
    ],
)
def test_answers_made_elsewhere(asked: ReaderSet, tmp_path: Path, changed: dict[str, str], read: Answer) -> None:
    file = table(tmp_path / "model.csv", [*GOOD], [{**GOOD, **changed}])
    assert read_answers(file, asked).by_image == {"001.png": read}
    assert read_answers(file, asked).reader == "model"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"image": "003.png"}, r"^Line 3 of .*model.csv names the image '003.png', which is not in the set\.$"),
        ({"finding": "Edema"}, "^Line 3 of .* says Edema, which was not to choose from; it is one of No Finding"),
        ({"finding": "blob"}, '^Line 3 of .*: Unknown finding "blob"'),
        ({"finding": ""}, "^Line 3 of .*: Unknown finding"),
        ({"side": "up"}, "^Line 3 of .* has the side 'up'"),
        ({"real": "0"}, "^Line 3 of .* has '0' for how real it looks; it should be a whole number from 1 to 5"),
        ({"real": "6"}, "^Line 3 of .* has '6'"),
        ({"real": "3.5"}, "^Line 3 of .* has '3.5'"),
        ({"real": ""}, "^Line 3 of .* has ''"),
    ],
)
def test_a_bad_answer_is_named_with_its_line(
    asked: ReaderSet, tmp_path: Path, changed: dict[str, str], said: str
) -> None:
    file = table(tmp_path / "model.csv", [*GOOD], [GOOD, {**GOOD, "image": "002.png", **changed}])
    with pytest.raises(BadInput, match=said) as error:
        read_answers(file, asked)
    assert "\n" not in str(error.value)


def test_a_missing_column_and_a_file_that_is_none(asked: ReaderSet, tmp_path: Path) -> None:
    file = table(tmp_path / "model.csv", ["image", "finding", "real"], [])
    with pytest.raises(BadInput, match=r"Line 1 of .* names no column side; the columns should be image, finding"):
        read_answers(file, asked)
    file.write_bytes(b"image,finding\xff")
    with pytest.raises(BadInput, match="cannot be read"):
        read_answers(file, asked)
    with pytest.raises(BadInput, match="cannot be read"):
        read_answers(tmp_path / "gone.csv", asked)


@pytest.mark.parametrize("name", ["", "../ann", "a b", "x" * 41, "ann.csv", "änn"])
def test_a_reader_s_name_is_a_file_s(asked: ReaderSet, name: str) -> None:
    with pytest.raises(BadInput, match="letters, digits"):
        AnswerFile(asked, name)

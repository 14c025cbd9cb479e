"""What readers have said: a row of a CSV file for every answer, written at once, whoever or whatever the reader is."""

import csv
import io
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from causaray.errors import BadInput
from causaray.evaluation.reading_room.reader_set import ReaderSet
from causaray.evaluation.reading_room.tables import Row, read_rows
from causaray.vocabulary import canonical_name

PREFIX = "answers-"
NEEDED = ("image", "finding", "side", "real")
COLUMNS = (*NEEDED, "seconds", "remark", "answered_at")
REAL = range(1, 6)
"""How real an image looks, from 1, certainly artificial, to 5, certainly a radiograph."""
SPOKEN = {"both": "bilateral", "none": "", "-": ""}
"""What people write for a side."""


@dataclass(frozen=True)
class Answer:
    """What a reader said of an image: finding, side (None: not said), how real it looks (1 to 5); seconds it took."""

    image: str
    finding: str
    side: str | None
    real: int
    seconds: float | None = None
    remark: str = ""
    answered_at: str = ""


@dataclass(frozen=True)
class Answers:
    """The answers of a reader by image, the last where an image was answered `repeated` times."""

    reader: str
    by_image: dict[str, Answer]
    repeated: dict[str, int]


def answers_file(asked: ReaderSet, reader: str) -> Path:
    """Where the answers of a reader lie. Raises BadInput for a name that is no file name."""
    if not (0 < len(reader) <= 40 and reader.isascii() and reader.replace("-", "").replace("_", "").isalnum()):
        raise BadInput(f"The reader {reader!r} should be called by up to 40 letters, digits, hyphens and underscores.")
    return asked.folder / f"{PREFIX}{reader}.csv"


def read_answers(file: Path, asked: ReaderSet) -> Answers:
    """The answers in a CSV file with at least the columns NEEDED.

    Raises BadInput, naming the line, for an image or a finding that is not of the set, and for what cannot be read.
    """
    by_image: dict[str, Answer] = {}
    count: dict[str, int] = {}
    for where, row in read_rows(file, NEEDED):
        answer = checked(row, asked, where)
        by_image[answer.image] = answer
        count[answer.image] = count.get(answer.image, 0) + 1
    repeated = {image: times for image, times in count.items() if times > 1}
    return Answers(file.stem.removeprefix(PREFIX), by_image, repeated)


def checked(row: Row, asked: ReaderSet, where: str) -> Answer:
    """The answer in a row of text. Raises BadInput, beginning with `where`, for one that the set does not allow."""
    image, finding = _image(row["image"], asked, where), _finding(row["finding"], asked, where)
    remark = " ".join(row.get("remark", "").split())
    return Answer(
        image, finding, _side(row["side"], finding, asked, where), _real(row["real"], where),
        _seconds(row.get("seconds", ""), where), remark, row.get("answered_at", ""),
    )  # fmt: skip


class AnswerFile:
    """The file that answers are added to while a reader reads; what was added is on the disk before `add` returns."""

    def __init__(self, asked: ReaderSet, reader: str) -> None:
        """Open the file of a reader, and go on from what it holds. Raises BadInput when it cannot be written."""
        self.path = answers_file(asked, reader)
        try:
            with self.path.open("a+b") as file:
                file.seek(0)
                whole = file.read().rpartition(b"\n")
                file.truncate(len(whole[0] + whole[1]))  # a line that a crash cut short was never confirmed
            if not self.path.stat().st_size:
                self._append(COLUMNS)
        except OSError as error:
            raise BadInput(f"{self.path} cannot be written ({error.strerror}); read from a folder of yours.") from error
        self.answers = read_answers(self.path, asked).by_image

    def add(self, answer: Answer) -> None:
        """Keep an answer. Raises BadInput when the disk does not take it."""
        cells = [getattr(answer, column) for column in COLUMNS]
        try:
            self._append(["" if cell is None else cell for cell in cells])
        except OSError as error:
            raise BadInput(f"{self.path} cannot be written ({error.strerror}); the answer is not kept.") from error
        self.answers[answer.image] = answer

    def _append(self, cells: Sequence[object]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(cells)
        with self.path.open("ab") as file:
            file.write(line.getvalue().encode())
            file.flush()
            os.fsync(file.fileno())


def _image(text: str, asked: ReaderSet, where: str) -> str:
    name = text if text.endswith(".png") else f"{text}.png"
    if name not in asked.images:
        raise BadInput(f"{where} names the image {text!r}, which is not in the set.")
    return name


def _finding(text: str, asked: ReaderSet, where: str) -> str:
    try:
        name = canonical_name(text)
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error
    if name not in asked.choices:
        raise BadInput(f"{where} says {name}, which was not to choose from; it is one of {', '.join(asked.choices)}.")
    return name


def _side(text: str, finding: str, asked: ReaderSet, where: str) -> str | None:
    side = SPOKEN.get(text.lower(), text.lower())
    allowed = asked.choices[finding]
    if side and allowed and side not in allowed:
        raise BadInput(f"{where} has the side {text!r}; it is {', '.join(allowed)} of the patient, or blank.")
    return side or None if allowed else None


def _real(text: str, where: str) -> int:
    value = _number(text)
    if value not in REAL:
        raise BadInput(f"{where} has {text!r} for how real it looks; it should be a whole number from 1 to 5.")
    return int(value)


def _seconds(text: str, where: str) -> float | None:
    value = _number(text)
    if text and not 0 <= value < math.inf:
        raise BadInput(f"{where} has {text!r} seconds; it should be a number, or blank.")
    return value if text else None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan

"""Small films, and folders of them as editors and hospitals leave them."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from causaray.evaluation.reading_room.answers import NEEDED
from causaray.evaluation.reading_room.key import Key
from causaray.evaluation.reading_room.reader_set import READER
from causaray.imagefiles import write_png
from causaray.scan import Scan

COLUMNS = ("image", "finding", "state", "file", "side", "severity", "location", "patient")


def film(path: Path, seed: int, shape: tuple[int, int] = (40, 40)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(Scan(np.random.default_rng(seed).random(shape, np.float32)), path)


def table(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


def edited(folder: Path, edits: Sequence[tuple[int, str, str, str]], columns: Sequence[str] = COLUMNS) -> Path:
    """An editor's folder: (number of the patient, finding, state, side) of each edit."""
    rows = []
    for i, (patient, finding, state, side) in enumerate(edits):
        film(folder / f"{i}.png", hash_of(folder.name, i), (48, 40))
        row = {"image": f"{patient}.png", "finding": finding, "state": state, "file": f"{i}.png", "side": side}
        rows.append({key: value for key, value in {**row, "patient": f"p{patient}"}.items() if key in columns})
    table(folder / "edits.csv", columns, rows)
    return folder


def unedited(folder: Path, films: Sequence[tuple[int, str]], side: str = "") -> Path:
    """A hospital's folder with its table: (number of the patient, findings) of each film, larger than the edits."""
    rows = []
    for patient, findings in films:
        film(folder / f"{patient}.png", patient, (80, 96))
        rows.append({"image": f"{patient}.png", "patient": f"p{patient}", "findings": findings, "side": side})
    table(folder / "metadata.csv", ("image", "patient", "findings", "side"), rows)
    return folder


def hash_of(name: str, number: int) -> int:
    return sum(map(ord, name)) * 1000 + number


def perfect(entry) -> dict[str, object]:
    """What a reader says who knows the key."""
    finding = entry.finding
    said = finding.name if finding.state == "present" else "No Finding"
    return {"finding": said, "side": finding.side or "", "real": 5}


def answered(made: Path, file: Path, say=perfect, columns: Sequence[str] = NEEDED) -> Path:
    """Answers to every image of a set: say(entry of the key) is finding, side, real."""
    entries = Key.read(made).entries
    return table(file, columns, [{"image": image, **say(entry)} for image, entry in entries.items()])


def images(made: Path) -> list[Path]:
    return sorted((made / READER).glob("*.png"))

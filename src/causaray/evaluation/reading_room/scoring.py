"""Scoring a reading set: its key and its readers' answers become figures, a table and a page."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from causaray import __version__
from causaray.errors import BadInput
from causaray.evaluation.reading_room.agreement import agreement
from causaray.evaluation.reading_room.answers import PREFIX, Answers, read_answers
from causaray.evaluation.reading_room.films import DISEASED, UNTOUCHED
from causaray.evaluation.reading_room.key import Key
from causaray.evaluation.reading_room.page import page
from causaray.evaluation.reading_room.reader_set import ReaderSet
from causaray.evaluation.reading_room.scores import Reading, by_group, confusion, figures, grouped, readings
from causaray.evaluation.reading_room.table import markdown
from causaray.writing import check_folder, make_folder, whole_file, without_nan

FIGURES, TABLE, PAGE = "reading.json", "reading.md", "index.html"


def score(path: Path, files: Sequence[Path], out: Path, command: str) -> dict[str, Any]:
    """Score a set, and write reading.json, reading.md and index.html to `out`; returns what reading.json holds.

    `files` are the answers; all those beside the images when there are none. Raises BadInput for a set without its
    key, and for answers that cannot be read.
    """
    asked, key = ReaderSet.open(path), Key.read(path)
    if key.id != asked.id or set(key.entries) != set(asked.images):
        raise BadInput(f"The key and the images of {path} are of different sets; take the set as it was made.")
    key.check(asked.folder)
    read = _all_answers(files or sorted(asked.folder.glob(f"{PREFIX}*.csv")), asked)
    check_folder(out)
    found = readings(read, key.entries)
    report = without_nan({"about": _about(command, key, read), **_scores(found), "agreement": agreement(read, key)})
    _write(report, page(report, found, asked.folder), out)
    return report


def _all_answers(files: Sequence[Path], asked: ReaderSet) -> list[Answers]:
    read = [read_answers(Path(file), asked) for file in files]
    names = [one.reader for one in read]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadInput(f"Two files hold answers of {twice}; each reader should be called by another name.")
    read = [one for one in read if one.by_image]
    if not read:
        raise BadInput(f"There is no answer to score; have {asked.folder} read with `causaray reading serve`.")
    return read


def _about(command: str, key: Key, read: Sequence[Answers]) -> dict[str, Any]:
    readers = {
        one.reader: {"answered": len(one.by_image), "of": len(key.entries), "repeated": one.repeated} for one in read
    }
    return {"command": command, "version": __version__, "set": key.id, **_made(key), "readers": readers}


def _made(key: Key) -> dict[str, Any]:
    return {"images": len(key.entries), **{name: key.about.get(name) for name in ("seed", "side", "detail")}}


def _scores(found: Sequence[Reading]) -> dict[str, Any]:
    edited = [reading for reading in found if reading.entry.edited]
    real = [reading for reading in found if not reading.entry.edited]
    sources = grouped(real, "source")
    return {
        "edited": figures(edited),
        "editors": by_group(edited, "source"),
        "findings": {name: by_group(group, "shows") for name, group in grouped(edited, "source").items()},
        "readers": by_group(edited, "reader"),
        "untouched": figures(sources[UNTOUCHED]) if UNTOUCHED in sources else None,
        "diseased": figures(sources[DISEASED]) if DISEASED in sources else None,
        "diseased_findings": by_group(sources.get(DISEASED, []), "shows"),
        "confusion": {"edited": confusion(edited), "real": confusion(real)},
    }


def _write(report: dict[str, Any], page: str, out: Path) -> None:
    make_folder(out)
    contents = {
        FIGURES: json.dumps(report, indent=1, allow_nan=False) + "\n", TABLE: markdown(report), PAGE: page
    }  # fmt: skip
    for name, content in contents.items():
        with whole_file(out / name) as beside:
            beside.write_text(content, encoding="utf-8")

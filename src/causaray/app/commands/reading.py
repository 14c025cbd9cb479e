"""`causaray reading make`, `reading serve` and `reading score` on the command line."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from causaray.app.commandline import of_verb
from causaray.app.terminal import command_line, progress_bar, tell
from causaray.errors import BadInput
from causaray.evaluation.reading_room.key import Key


@of_verb("reading", "reading_make")
def make(
    verb: partial[Key],
    edited: Annotated[
        list[str], typer.Option(help="NAME=FOLDER of an editor's images with edits.csv; may be given several times.")
    ],
) -> None:
    from causaray.evaluation.reading_room.reader_set import READER

    with progress_bar("Writing") as progress:
        key = verb(edited=_editors(edited), progress=progress)
    out = Path(verb.keywords["out"])
    print(f"{len(key.entries)} images, synthetic ones among them and not marked, are in {out / READER}.")
    print(f"Give readers that folder, not the key; begin with `causaray reading serve {out} --reader NAME`.")


@of_verb("reading", "reading_serve")
def serve(verb: partial[None]) -> None:
    verb(tell=tell)


@of_verb("reading", "reading_score")
def score(verb: partial[dict[str, Any]]) -> None:
    from causaray.evaluation.reading_room.scoring import PAGE
    from causaray.evaluation.reading_room.table import lines, printed, read_by

    report = verb(command=command_line())
    for sentence in read_by(report):
        print(sentence)
    for label, found in lines(report):
        print(f"{label}: named {printed(found['named'], 2)}, looks real {printed(found['real'], 2)}")
    print(f"To read: {Path(verb.keywords['out'], PAGE)}")


def _editors(said: list[str]) -> dict[str, Path]:
    """{name: folder} of NAME=FOLDER."""
    editors: dict[str, Path] = {}
    for text in said:
        name, _, folder = text.partition("=")
        if not (name and folder) or name in editors:
            raise BadInput(f"--edited {text} should be NAME=FOLDER, with a name for each folder.")
        editors[name] = Path(folder)
    return editors

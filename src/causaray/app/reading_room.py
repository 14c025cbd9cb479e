"""The verbs `reading make`, `reading serve` and `reading score` on the command line."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from causaray.app.options import Out, Seed
from causaray.app.terminal import command_line, progress_bar
from causaray.errors import BadInput

reading = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
SetFolder = Annotated[Path, typer.Argument(metavar="SET", help="Folder written by `reading make`.")]


@reading.callback()
def blinded() -> None:
    """Blinded reader studies: make a set of films, show it to readers, score what they say."""


@reading.command()
def make(
    edited: Annotated[
        list[str], typer.Option(help="NAME=FOLDER of an editor's images with edits.csv; may be given several times.")
    ],
    out: Out,
    untouched: Annotated[Path | None, typer.Option(help="Folder of films without a finding.")] = None,
    diseased: Annotated[
        Path | None, typer.Option(help="Folder of films with one finding, and a table that names it.")
    ] = None,
    finding: Annotated[
        list[str] | None, typer.Option(help="Which to read; may be given several times. Else all in common.")
    ] = None,
    state: Annotated[str, typer.Option(help="Edits to read: present (added), absent (taken out) or both.")] = "present",
    per_finding: Annotated[
        int | None, typer.Option(min=1, help="Films of each finding from each source; else as many as there can be.")
    ] = None,
    seed: Seed = 0,
    side: Annotated[int, typer.Option(help="Side of the images in pixels.")] = 768,
) -> None:
    """Make a blinded set: films of different patients that only their look can tell apart, and a key apart."""
    from causaray.app.verbs.reading import reading_make
    from causaray.evaluation.reading_room.reader_set import READER

    with progress_bar("Writing") as progress:
        key = reading_make(
            _editors(edited), out, untouched=untouched, diseased=diseased, findings=finding or (), state=state,
            per_finding=per_finding, seed=seed, side=side, progress=progress,
        )  # fmt: skip
    print(f"{len(key.entries)} images, synthetic ones among them and not marked, are in {out / READER}.")
    print(f"Give readers that folder, not the key; begin with `causaray reading serve {out} --reader NAME`.")


@reading.command()
def serve(
    path: SetFolder,
    reader: Annotated[str, typer.Option(help="Who reads; the answers go to answers-NAME.csv.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0 is any that is free.")] = 7861,
) -> None:
    """Show the set to a reader, on this machine alone; worked by the keyboard, stopped and gone on with at will."""
    from causaray.app.verbs.reading import reading_serve

    reading_serve(path, reader, port, tell=lambda what: print(what, file=sys.stderr, flush=True))


@reading.command()
def score(
    path: SetFolder,
    out: Out,
    answers: Annotated[
        list[Path] | None, typer.Option(help="A reader's CSV file; may be given several times. Else all in reader/.")
    ] = None,
) -> None:
    """Score what readers said: how often they named what is there, how real it looked, how far they agree."""
    from causaray.app.verbs.reading import reading_score
    from causaray.evaluation.reading_room.scoring import PAGE
    from causaray.evaluation.reading_room.table import lines, printed, read_by

    report = reading_score(path, out, answers=answers or (), command=command_line())
    for sentence in read_by(report):
        print(sentence)
    for label, found in lines(report):
        print(f"{label}: named {printed(found['named'], 2)}, looks real {printed(found['real'], 2)}")
    print(f"To read: {out / PAGE}")


def _editors(said: list[str]) -> dict[str, Path]:
    """{name: folder} of NAME=FOLDER."""
    editors: dict[str, Path] = {}
    for text in said:
        name, _, folder = text.partition("=")
        if not (name and folder) or name in editors:
            raise BadInput(f"--edited {text} should be NAME=FOLDER, with a name for each folder.")
        editors[name] = Path(folder)
    return editors

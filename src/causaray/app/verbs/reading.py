"""causaray reading: blinded reader studies, from a set of films to the figures of what readers said of them."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from causaray.arguments import Out, Seed
from causaray.extras import need

if TYPE_CHECKING:
    from causaray.evaluation.reading_room.key import Key

ReadingSet = Annotated[str | Path, Path, typer.Argument(metavar="SET", help="Folder written by `reading make`.")]


def reading_make(
    edited: Mapping[str, str | Path],
    out: Out,
    *,
    untouched: Annotated[str | Path | None, Path, typer.Option(help="Folder of films without a finding.")] = None,
    diseased: Annotated[
        str | Path | None, Path, typer.Option(help="Folder of films with one finding, and a table that names it.")
    ] = None,
    findings: Annotated[
        Sequence[str],
        list[str],
        typer.Option("--finding", help="Which to read; may be given several times. Else all in common."),
    ] = (),
    state: Annotated[str, typer.Option(help="Edits to read: present (added), absent (taken out) or both.")] = "present",
    per_finding: Annotated[
        int | None, typer.Option(min=1, help="Films of each finding from each source; else as many as there can be.")
    ] = None,
    seed: Seed = 0,
    side: Annotated[int, typer.Option(help="Side of the images in pixels.")] = 768,
    progress: Callable[[int, int], None] | None = None,
) -> "Key":
    """Make a set of films that readers cannot tell apart by anything but what they see.

    Args:
        edited: {name of the editor: folder with its images and edits.csv}.
        out: folder of the set: reader/ (for readers), and key.json (not for them).
        untouched: folder of films without a finding.
        diseased: folder of films with one finding, and a table that says which.
        findings: which are read; all that every editor has edited when none is named.
        state: which edits are read: "present" (finding added), "absent" (taken out), or "both".
        per_finding: films of each finding from each source; as many as the patients allow when None.
        seed: of choice and order.
        side: of the images in pixels.
        progress: called with (images written, images in all).

    Returns: the key, which says what each image is.

    Raises:
        BadInput: for folders and tables that cannot be read, findings that an editor lacks, and too few patients: none
            appears twice. Nothing has been written then.
    """
    from causaray.evaluation.reading_room.making import make

    folders = {name: Path(folder) for name, folder in edited.items()}
    plain, ill = (None if folder is None else Path(folder) for folder in (untouched, diseased))
    tell = progress or (lambda done, total: None)
    return make(folders, Path(out), plain, ill, findings, state, per_finding, seed, side, tell)


def reading_serve(
    path: ReadingSet,
    reader: Annotated[str, typer.Option(help="Who reads; the answers go to answers-NAME.csv.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0 is any that is free.")] = 7861,
    tell: Callable[[str], None] = lambda what: print(what, file=sys.stderr),
) -> None:
    """Show a set to a reader in a browser on this machine until the process is interrupted.

    Args:
        path: the set, or its folder reader/ alone. The answers are written there, each at once; a reader goes on
            where they stopped.
        reader: a name of up to 40 letters, digits, hyphens and underscores.
        port: of 127.0.0.1 to listen on; 0 is any that is free.
        tell: called with the address.

    Raises:
        BadInput: for a folder that is no set, a name that makes no file, answers that cannot be read, a port that
            cannot be had, or a missing extra `ui`.
    """
    for package in ("fastapi", "uvicorn"):
        need(package, "ui")
    from causaray.app.web.listening import listen, server
    from causaray.app.web.reading import reading_page
    from causaray.evaluation.reading_room.answers import AnswerFile
    from causaray.evaluation.reading_room.reader_set import ReaderSet

    asked = ReaderSet.open(path)
    kept = AnswerFile(asked, reader)
    with listen("127.0.0.1", port) as socket:
        tell(f"The reading room is at http://127.0.0.1:{socket.getsockname()[1]}; Ctrl-C ends it, no answer is lost.")
        server(reading_page(asked, kept)).run(sockets=[socket])


def reading_score(
    path: ReadingSet,
    out: Out,
    *,
    answers: Annotated[
        Sequence[str | Path],
        list[Path],
        typer.Option(help="A reader's CSV file; may be given several times. Else all in reader/."),
    ] = (),
    command: str = "",
) -> dict[str, Any]:
    """Score what readers said against the key, with 95 % intervals by patient, and write a table and a page.

    Args:
        path: the set, with its key.
        out: folder for reading.json, reading.md and index.html.
        answers: CSV files with the columns image, finding, side and real; all that lie in reader/ when none is named.
        command: the command line, to be printed above the figures.

    Returns: the contents of reading.json.

    Raises:
        BadInput: for a set without its key, images that are not those of the key, and answers that name an unknown
            image or finding or cannot be read, with the line. Nothing has been written then.
    """
    from causaray.evaluation.reading_room.scoring import score

    return score(Path(path), [Path(file) for file in answers], Path(out), command)

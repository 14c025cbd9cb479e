"""`causaray is-synthetic` on the command line."""

import csv
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from causaray.app.commandline import of_verb
from causaray.app.outputs import check_outputs
from causaray.app.terminal import only_json, progress_bar, say_json
from causaray.app.verbs.is_synthetic import IsSynthetic
from causaray.arguments import Force
from causaray.writing import whole_file

ALL, UNMARKED, UNREADABLE = 0, 1, 2
"""Exit codes: every file is synthetic, one bears no mark, one cannot be read."""
COLUMNS = ("file", "synthetic", "metadata", "visible", "watermark", "fault")


@of_verb("is_synthetic")
def is_synthetic(
    verb: partial[list[IsSynthetic]],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a file, a line each.")] = False,
    table: Annotated[Path | None, typer.Option("--csv", help="Write a row for each file to this CSV file.")] = None,
    force: Force = False,
) -> None:
    if table is not None:
        check_outputs([table], force, inputs=verb.keywords["files"])
    with only_json(json), progress_bar("Looking") as progress:
        found = verb(progress=progress)
    if table is not None:
        _write(table, found)
    for one in found:
        say_json(_row(one)) if json else print(one.text)
    raise typer.Exit(_code(found))


def _row(one: IsSynthetic) -> dict[str, Any]:
    return asdict(one) | {"synthetic": one.synthetic}


def _write(table: Path, found: Sequence[IsSynthetic]) -> None:
    with whole_file(table) as path, path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        rows.writeheader()
        rows.writerows(map(_row, found))


def _code(found: Sequence[IsSynthetic]) -> int:
    if any(one.fault for one in found):
        return UNREADABLE
    return ALL if all(one.synthetic for one in found) else UNMARKED

"""What modules that measure from the command line share: what they write, and how they are run."""

import json
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import typer

from causaray.errors import BadInput
from causaray.writing import make_folder, whole_file


def command_of(module: str) -> str:
    """The command line by which a module of `causaray.evaluation` was run."""
    return shlex.join(["python", "-m", f"causaray.evaluation.{module}", *sys.argv[1:]])


def write_results(out: Path, name: str, found: Mapping[str, Any], page: str) -> None:
    """Write `name`.json, the figures, and `name`.md, the page that shows them, into a folder, made where it is missing.

    Raises BadInput when they cannot be written.
    """
    make_folder(out)
    for ending, text in (("json", json.dumps(found, indent=1) + "\n"), ("md", page)):
        with whole_file(out / f"{name}.{ending}") as beside:
            beside.write_text(text, encoding="utf-8")


def run(main: Callable[..., None]) -> None:
    """Run a function as a command; bad input is one sentence and exit code 2."""
    try:
        typer.run(main)
    except BadInput as error:
        print(error, file=sys.stderr)
        sys.exit(2)

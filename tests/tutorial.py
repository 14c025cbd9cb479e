"""What a tutorial has people write and type."""

import re
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path

from causaray.app.cli import main

FILE = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (causaray|python) (.*)$", re.MULTILINE)


def write_files(page: str) -> None:
    """Write the files that a page shows with their names into the working folder."""
    for name, text in FILE.findall(page):
        Path(name).write_text(text, encoding="utf-8")


def commands(page: str) -> Iterator[tuple[str, int]]:
    """Each command that a page has people type, and its exit code once it has run here."""
    for program, arguments in COMMAND.findall(page):
        if program == "python":
            runpy.run_path(arguments, run_name="__main__")
            yield arguments, 0
        else:
            yield arguments, main(shlex.split(arguments))

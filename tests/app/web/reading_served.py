"""A small reading set, and `causaray reading serve` in a process of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from browser import COMMAND
from reading_films import edited

from causaray import reading_make

FINDINGS = ("Pleural Effusion", "Cardiomegaly", "Edema")


def small_set(folder: Path) -> Path:
    """A set of six images of three findings."""
    edits = [(i, FINDINGS[i % 3], "present", ("left", "right")[i % 2] * (i % 3 == 0)) for i in range(6)]
    reading_make({"ours": edited(folder / "ours", edits)}, folder / "set", side=64)
    return folder / "set"


@contextmanager
def reading(made: Path, reader: str = "ann") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "reading", "serve", str(made), "--reader", reader, "--port", "0"],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        yield process, re.search(r"at (http://127\.0\.0\.1:\d+);", process.stderr.readline())[1]
    finally:
        process.kill()
        process.communicate()

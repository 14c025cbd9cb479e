"""`causaray compare` on the command line."""

from functools import partial
from pathlib import Path
from typing import Any

from causaray.app.commandline import of_verb
from causaray.app.terminal import command_line, progress_bar


@of_verb("causaray.experiments.compare")
def compare(verb: partial[dict[str, Any]]) -> None:
    asked = verb.keywords
    with progress_bar("Comparing") as progress:
        verb(
            editors=asked["editors"].split(","),
            command=command_line(),
            progress=lambda what, done, total: progress(done, total, what),
        )
    print(f"To read: {Path(asked['out'], 'compare.md')}.")

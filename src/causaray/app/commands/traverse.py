"""`causaray traverse` on the command line."""

from functools import partial
from pathlib import Path

from causaray.app.commandline import of_verb
from causaray.app.verbs.traverse import Traversed


@of_verb("traverse", out=Path("out"))
def traverse(verb: partial[Traversed]) -> None:
    made = verb()
    print(f"{made.before} to {made.after}: {len(made.frames)} synthetic frames in {made.files[0]}")

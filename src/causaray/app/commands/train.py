"""`causaray train` on the command line."""

import os
from functools import partial
from pathlib import Path

from causaray.app.commandline import of_verb


@of_verb("train")
def train(verb: partial[Path]) -> None:
    folder = verb()
    if os.environ.get("RANK", "0") == "0":
        print(f"The weights are in {folder}.")

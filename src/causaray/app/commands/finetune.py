"""`causaray finetune` on the command line."""

from functools import partial
from pathlib import Path

from causaray.app.commandline import of_verb


@of_verb("finetune")
def finetune(verb: partial[Path]) -> None:
    print(f"The prior is in {verb()}.")

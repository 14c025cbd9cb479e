"""`causaray distill` on the command line."""

from functools import partial
from pathlib import Path

from causaray.app.commandline import of_verb


@of_verb("distill")
def distill(verb: partial[Path]) -> None:
    folder, typed = verb(), verb.keywords
    noise = f"--weights {typed['weights']} --engine {folder}"
    option = f"--weights {folder}" if typed["references"] is None else noise
    print(f"The weights are in {folder}; edit with `causaray edit ... {option}`.")

"""`causaray demo` on the command line."""

from functools import partial
from pathlib import Path

from causaray.app.commandline import of_verb
from causaray.app.verbs.demo import GRID
from causaray.counterfactual import Counterfactual


@of_verb("demo")
def demo(verb: partial[list[Counterfactual]]) -> None:
    for made in verb():
        print(made.text)
    print(f"Factual, counterfactual and difference, a row an edit: {Path(verb.keywords['out'], GRID)}")

"""`causaray is-synthetic` on the command line."""

from dataclasses import asdict
from functools import partial

import typer

from causaray.app.arguments import Json
from causaray.app.commandline import of_verb
from causaray.app.terminal import say_json
from causaray.app.verbs.is_synthetic import IsSynthetic


@of_verb("is_synthetic")
def is_synthetic(verb: partial[IsSynthetic], json: Json = False) -> None:
    found = verb()
    if json:
        say_json(asdict(found) | {"synthetic": found.synthetic})
    else:
        print(found.text)
    raise typer.Exit(0 if found.synthetic else 1)

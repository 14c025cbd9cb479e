"""`causaray weights` on the command line."""

from functools import partial
from pathlib import Path

from causaray.app.commandline import of_verb
from causaray.app.verbs.weights import Weights


@of_verb("weights")
def show(verb: partial[list[Weights]]) -> None:
    found, name = verb(), verb.keywords["name"]
    if name is not None:
        print(found[0].card or f"{name} has no model card.")
        return
    for one in found:
        print(f"{one.name}  {one.size / 2**20:.1f} MiB  {one.licence}  sha256 {one.digest}")


@of_verb("weights", "weights_export", out=...)
def export(verb: partial[Path]) -> None:
    print(f"{verb()} can be pushed to a hub, and fetched by `causaray weights fetch`.")


@of_verb("weights", "weights_fetch", out=...)
def fetch(verb: partial[Path]) -> None:
    print(f"{verb()} is whole; name it as --weights.")

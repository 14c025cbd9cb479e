"""`causaray weights` on the command line."""

from functools import partial

from causaray.app.commandline import of_verb
from causaray.app.verbs.weights import Weights


@of_verb("weights")
def weights(verb: partial[list[Weights]]) -> None:
    found, name = verb(), verb.keywords["name"]
    if name is not None:
        print(found[0].card or f"{name} has no model card.")
        return
    for one in found:
        print(f"{one.name}  {one.size / 2**20:.1f} MiB  {one.licence}  sha256 {one.digest}")

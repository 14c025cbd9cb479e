"""`causaray serve` on the command line."""

from functools import partial

from causaray.app.commandline import of_verb
from causaray.app.terminal import tell


@of_verb("serve")
def serve(verb: partial[None]) -> None:
    verb(tell=tell)

"""`causaray send` on the command line."""

from functools import partial

from causaray.app.commandline import of_verb
from causaray.app.terminal import progress_bar
from causaray.errors import BadInput


@of_verb("send")
def send(verb: partial) -> None:
    with progress_bar("Sending") as progress:
        sent = verb(progress=progress)
    for one in sent:
        print(f"{one.path}: {one.reason or 'stored'}")
    if failed := sum(not one.stored for one in sent):
        to = verb.keywords["to"]
        raise BadInput(f"{failed} of {len(sent)} files were not stored by {to}; the lines above say why.")

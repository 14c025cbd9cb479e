"""`causaray reproduce` on the command line."""

from functools import partial
from typing import Any

from causaray.app.commandline import of_verb
from causaray.app.terminal import command_line


@of_verb("reproduce", recipe=None, cohorts=())
def reproduce(verb: partial[dict[str, Any]]) -> None:
    if verb(command=command_line(), tell=lambda what: print(f"== {what}", flush=True)):  # nothing where it is skipped
        print(f"The table is in {verb.keywords['out']}.")

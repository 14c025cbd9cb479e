"""`causaray info` on the command line."""

from functools import partial
from typing import Any

from causaray.app.commandline import of_verb
from causaray.app.terminal import say_facts, say_json
from causaray.arguments import Json


@of_verb("info")
def info(verb: partial[dict[str, Any]], json: Json = False) -> None:
    say_json(verb()) if json else say_facts(verb())

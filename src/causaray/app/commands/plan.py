"""`causaray plan` on the command line."""

from functools import partial
from typing import TYPE_CHECKING

from causaray.app.commandline import of_verb
from causaray.app.terminal import only_json, say_json, tell
from causaray.arguments import Json

if TYPE_CHECKING:
    from causaray.experiments.plan import Line


@of_verb("plan")
def plan(verb: "partial[list[Line]]", json: Json = False) -> None:
    from causaray.experiments.plan import printed

    with only_json(json):
        lines = verb(tell=lambda name: tell(f"Measuring: {name}"))
    if json:
        say_json({"lines": [vars(line) for line in lines]})
        return
    for line in lines:
        print(printed(line))
    if any(line.value is None for line in lines):
        print("What nets take on a GPU is measured on one: `causaray plan --measure units.json --device cuda`.")

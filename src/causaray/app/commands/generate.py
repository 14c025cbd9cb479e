"""`causaray generate` on the command line."""

import time
from functools import partial
from pathlib import Path

from causaray.app.commandline import of_verb
from causaray.app.terminal import only_json, say_json
from causaray.app.verbs.generate import Generated
from causaray.arguments import Json


@of_verb("generate", out=Path("out"))
def generate(verb: partial[Generated], json: Json = False) -> None:
    start = time.monotonic()
    with only_json(json):
        made = verb()
    if json:
        facts = {"request": made.request.to_text(), "seed": verb.keywords["seed"], "weights": made.weights}
        facts["digest"] = made.digest
        say_json({"files": made.files, **facts, "seconds": round(time.monotonic() - start, 3)})
    else:
        print(f"{made.request.to_text()}: {verb.keywords['n']} synthetic images, side by side in {made.files[0]}")

"""`causaray forecast` on the command line."""

from functools import partial
from pathlib import Path

from causaray.app.commandline import of_verb
from causaray.app.forecasting import Forecasted
from causaray.app.terminal import only_json, say_json
from causaray.arguments import Json


@of_verb("forecast", out=Path("out"), treatments=...)
def forecast(verb: partial[Forecasted], json: Json = False) -> None:
    with only_json(json):
        made = verb()
    if json:
        say_json({"files": made.files, "statement": made.sentences, "weights": made.weights, "digest": made.digest})
        return
    for sentence in made.sentences:
        print(sentence)
    print(f"Curves and films: {made.files[1]}")

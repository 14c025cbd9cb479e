"""`causaray batch edit`, `batch classify`, `batch draw`, `batch augment` and `batch evaluate` on the command line."""

from functools import partial
from typing import TYPE_CHECKING

from causaray.app.commandline import of_verb
from causaray.app.terminal import progress_bar

if TYPE_CHECKING:
    from causaray.batch.work import Done


@of_verb("batch", "batch_edit")
def edit(verb: "partial[Done]") -> None:
    _say(verb, "Editing", "edits")


@of_verb("batch", "batch_classify")
def classify(verb: "partial[Done]") -> None:
    _say(verb, "Classifying", "studies")


@of_verb("batch", "batch_draw")
def draw(verb: "partial[Done]") -> None:
    _say(verb, "Drawing", "pairs")


@of_verb("batch", "batch_augment")
def augment(verb: "partial[Done]") -> None:
    _say(verb, "Making", "synthetic images")


@of_verb("batch", "batch_evaluate")
def evaluate(verb: "partial[Done]") -> None:
    _say(verb, "Measuring", "edits")


def _say(verb: "partial[Done]", title: str, results: str) -> None:
    with progress_bar(title) as progress:
        done = verb(progress=progress)
    out = verb.keywords["out"]
    if done.complete:
        print(f"{out}: {done.results} {results} in {done.shards} shards")
    else:
        print(f"{out}: this job's part of {done.shards} shards is done; other shards are still to be made")

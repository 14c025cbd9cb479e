"""`causaray follow-up` on the command line."""

from functools import partial
from pathlib import Path

from causaray.app.commandline import of_verb
from causaray.app.terminal import only_json, say_json
from causaray.app.verbs.follow_up import FollowedUp, record
from causaray.arguments import Json


@of_verb("follow_up", out=Path("out"))
def follow_up(verb: partial[FollowedUp], json: Json = False) -> None:
    with only_json(json):
        made = verb()
    if json:
        say_json({"files": made.files, **record(made)})
    else:
        print(made.text)
        print(f"Written to {made.files[0].parent}: {', '.join(file.name for file in made.files)}")

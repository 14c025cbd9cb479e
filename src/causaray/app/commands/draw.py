"""`causaray draw` on the command line."""

from functools import partial

from causaray.app.commandline import of_verb
from causaray.app.terminal import progress_bar
from causaray.cohorts import Cohort


@of_verb("draw")
def draw(verb: partial[Cohort]) -> None:
    with progress_bar("Drawing") as progress:
        made = verb(progress=progress)
    kind = "pairs" if verb.keywords["correlation"] is None else "films"
    print(f"{verb.keywords['out']}: {len(made)} {kind} of {made.name} at {made.size} x {made.size}")

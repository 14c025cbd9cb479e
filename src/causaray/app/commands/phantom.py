"""`causaray phantom` on the command line."""

from functools import partial

from causaray.app.commandline import of_verb
from causaray.app.terminal import progress_bar
from causaray.cohorts import Cohort


@of_verb("phantom")
def phantom(verb: partial[Cohort]) -> None:
    with progress_bar("Drawing") as progress:
        cohort = verb(progress=progress)
    print(f"{verb.keywords['out']}: {len(cohort)} phantoms at {cohort.size} x {cohort.size}")

"""`causaray augment` on the command line."""

from functools import partial

from causaray.app.commandline import of_verb
from causaray.app.terminal import progress_bar
from causaray.cohorts import Cohort


@of_verb("causaray.experiments.augment")
def augment(verb: partial[Cohort]) -> None:
    with progress_bar("Making") as progress:
        made = verb(progress=progress)
    cohort, out = verb.keywords["cohort"], verb.keywords["out"]
    print(
        f"{out}: {len(made)} synthetic images of {made.name}; train on them with `--cohorts {cohort} --cohorts {out}`"
    )

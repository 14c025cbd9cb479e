"""`causaray deidentify` on the command line."""

from functools import partial
from pathlib import Path

from causaray.app.commandline import of_verb
from causaray.app.terminal import progress_bar


@of_verb("deidentify")
def deidentify(verb: partial[dict[Path, bool]]) -> None:
    with progress_bar("De-identifying") as progress:
        burned = verb(progress=progress)
    print(f"{verb.keywords['out']}: {len(burned)} images without names, dates and private elements, with new UIDs.")
    print("The pixels were not searched for text: look at them before you pass them on.")
    for file in (file for file, says_so in burned.items() if says_so):
        print(f"{file}: says of itself that text is burned in.")

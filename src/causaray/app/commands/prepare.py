"""`causaray prepare` on the command line."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from causaray.app.commandline import of_verb
from causaray.app.terminal import progress_bar
from causaray.cohorts import prepare as prepare_cohort
from causaray.cohorts.sharded.locations import is_address
from causaray.cohorts.sharded.prepare import SHARD_SIZE, Prepared
from causaray.cohorts.sharded.sources import tar_files
from causaray.errors import BadInput


@of_verb("causaray.cohorts.sharded.prepare", "prepare_shards", sizes=[128], shard_size=None)
def prepare(
    verb: partial[Prepared],
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out unreadable images, however many.")] = False,
) -> None:
    asked = verb.keywords
    source, out, sizes = asked["source"], asked["out"], asked["sizes"]
    of_shards = (asked["shard_size"], asked["shard"], asked["max_rejected"])
    in_one = of_shards == (None, None, None) and asked["executor"] == "processes" and len(sizes) == 1
    said: list[str] = []
    if in_one and not is_address(source) and not tar_files(Path(source)):
        how = {name: asked[name] for name in ("columns", "open_only", "jobs")}
        with progress_bar("Preparing") as progress:
            cohort = prepare_cohort(
                source, out, sizes[0], **how, skip_bad=skip_bad, progress=progress, tell=said.append
            )
        for sentence in said:
            print(sentence)
        print(f"{out}: {len(cohort)} images of {cohort.name} at {sizes[0]} x {sizes[0]}")
        return
    if skip_bad:
        raise BadInput("In shards unreadable images are always left out; say by --max-rejected how many may be.")
    with progress_bar("Preparing") as progress:
        made = verb(shard_size=asked["shard_size"] or SHARD_SIZE, progress=progress, tell=said.append)
    for sentence in said:
        print(sentence)
    if not made.complete:
        print(f"{out}: this job's part of {made.shards} shards is done; other shards are still to be made")
        return
    sides = ", ".join(f"{one} x {one}" for one in dict.fromkeys(sizes))
    rejected = f"; {made.rejected} could not be read, see {Path(out, 'rejected.csv')}" if made.rejected else ""
    print(f"{out}: {made.images} images at {sides} in {made.shards} shards{rejected}")

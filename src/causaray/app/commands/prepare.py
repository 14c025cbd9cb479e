"""`causaray prepare` on the command line."""

from pathlib import Path
from typing import Annotated

import typer

from causaray.app.arguments import Executor, Out, ShardOf
from causaray.app.terminal import progress_bar
from causaray.cohorts import prepare as prepare_cohort
from causaray.cohorts.sharded.locations import is_address
from causaray.cohorts.sharded.sources import tar_files
from causaray.errors import BadInput


def prepare(
    source: Annotated[
        str,
        typer.Argument(
            help="Cohort: a folder of images with a CSV table, or folders of such; tar files; or an address."
        ),
    ],
    out: Out,
    size: Annotated[
        list[int], typer.Option(min=32, help="Side of the images in pixels; several, in shards, may be given.")
    ] = [128],  # noqa: B006
    columns: Annotated[Path | None, typer.Option(help="YAML file that says which column is what.")] = None,
    open_only: Annotated[bool, typer.Option("--open-only", help="Only images with an open licence.")] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Images, or shards, read at a time.")] = 2,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out unreadable images, however many.")] = False,
    shard_size: Annotated[
        int | None, typer.Option(min=1, help="Write shards of so many studies, and go on with those that are there.")
    ] = None,
    shard: ShardOf = None,
    executor: Executor = "processes",
    max_rejected: Annotated[
        int | None, typer.Option(min=0, help="With shards: how many images may be unreadable; else 1 %.")
    ] = None,
) -> None:
    in_one = shard_size is None and shard is None and max_rejected is None and executor == "processes"
    said: list[str] = []
    if in_one and len(size) == 1 and not is_address(source) and not tar_files(Path(source)):
        with progress_bar("Preparing") as progress:
            cohort = prepare_cohort(source, out, size[0], columns, open_only, jobs, skip_bad, progress, said.append)
        for sentence in said:
            print(sentence)
        print(f"{out}: {len(cohort)} images of {cohort.name} at {size[0]} x {size[0]}")
        return
    if skip_bad:
        raise BadInput("In shards unreadable images are always left out; say by --max-rejected how many may be.")
    from causaray.cohorts.sharded.prepare import SHARD_SIZE, prepare_shards

    with progress_bar("Preparing") as progress:
        made = prepare_shards(
            source, out, size, columns, open_only=open_only, jobs=jobs, shard_size=shard_size or SHARD_SIZE,
            shard=shard, executor=executor, max_rejected=max_rejected, progress=progress, tell=said.append,
        )  # fmt: skip
    for sentence in said:
        print(sentence)
    if not made.complete:
        print(f"{out}: this job's part of {made.shards} shards is done; other shards are still to be made")
        return
    sides = ", ".join(f"{one} x {one}" for one in dict.fromkeys(size))
    rejected = f"; {made.rejected} could not be read, see {Path(out, 'rejected.csv')}" if made.rejected else ""
    print(f"{out}: {made.images} images at {sides} in {made.shards} shards{rejected}")

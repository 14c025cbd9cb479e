"""`prepare` for cohorts of any size: listed once, read shard by shard, by one machine or by many, and gone on with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from warnings import warn

import typer

from causaray.arguments import Executor, Out, ShardOf
from causaray.cohorts.columns import Columns
from causaray.cohorts.pixels import Progress
from causaray.cohorts.sharded.finish import manifests, write_card, write_rejected
from causaray.cohorts.sharded.listing import plan_of
from causaray.cohorts.sharded.locations import is_address
from causaray.cohorts.sharded.shard import REJECTED, PrepareShard, pixels_name
from causaray.errors import BadInput
from causaray.scan import SMALLEST_SIDE
from causaray.sharding.executors import each
from causaray.sharding.part import Part
from causaray.sharding.progress import ProgressFile

SHARD_SIZE = 4096
BAD_SHARE = 0.01
"""More unreadable images than this are a fault of the source, unless `max_rejected` says otherwise."""


@dataclass(frozen=True)
class Prepared:
    """What there is now: `shards` of them, whether the cohort is `complete`, its `images`, how many were `rejected`,
    and the `folders` to open, one a size."""

    shards: int
    complete: bool
    images: int
    rejected: int
    folders: tuple[Path, ...]


def prepare_shards(
    source: Annotated[
        Path | str,
        str,
        typer.Argument(
            help="Cohort: a folder of images with a CSV table, or folders of such; tar files; or an address."
        ),
    ],
    out: Out,
    sizes: Annotated[
        Sequence[int],
        list[int],
        typer.Option("--size", min=32, help="Side of the images in pixels; several, in shards, may be given."),
    ] = (128,),
    columns: Annotated[
        Columns | Path | str | None, Path, typer.Option(help="YAML file that says which column is what.")
    ] = None,
    *,
    open_only: Annotated[bool, typer.Option("--open-only", help="Only images with an open licence.")] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Images, or shards, read at a time.")] = 2,
    shard_size: Annotated[
        int,
        int | None,
        typer.Option(min=1, help="Write shards of so many studies, and go on with those that are there."),
    ] = SHARD_SIZE,
    shard: ShardOf = None,
    executor: Executor = "processes",
    max_rejected: Annotated[
        int | None, typer.Option(min=0, help="With shards: how many images may be unreadable; else 1 %.")
    ] = None,
    progress: Progress | None = None,
    tell: Callable[[str], object] = warn,
) -> Prepared:
    """Read a cohort into shards of `shard_size` studies each, in all `sizes` at once, each file decoded once.

    A shard is a function of its list, written beside, flushed and renamed, with a manifest. Called again it goes on:
    shards that are there and whole stay. Of one size `out` is the cohort, of several `out`/128 and so on are.

    Args:
        source: as of `prepare`, one cohort; or a tar file, or a folder of these, as WebDataset has them; or the address
            ("s3://bucket/cohort") of a folder with metadata.csv, or of a CSV file.
        out: folder of the cohort.
        sizes: sides of the images in pixels.
        columns: which column is what where the names do not tell.
        open_only: leave out images whose licence does not allow training weights that are given away.
        jobs: shards that are made at a time.
        shard_size: studies a shard.
        shard: "3/64" for the fourth of 64 jobs that share the work; the last to end writes the card.
        executor: "processes", or "ray" (extra `ray`).
        max_rejected: images that may be unreadable; 1 % when None. They are in rejected.csv, and stop nothing.
        progress: called with (studies done, studies of this job).
        tell: called with a sentence on rows that are left out.

    Raises BadInput for a source that cannot be read, for an `out` that was begun with other settings, and, when all is
    done, for more rejected images than there may be: `out` is no cohort then, and rejected.csv says why.
    """
    out, part = Path(out), Part.read(shard)
    address = str(source) if is_address(str(source)) else str(Path(source).absolute())
    if not is_address(address) and not Path(address).exists():
        raise BadInput(f"There is no {source}; name a folder of images, a CSV file, tar files, or an address.")
    if small := [size for size in sizes if size < SMALLEST_SIDE]:
        raise BadInput(
            f"Images of {small[0]} x {small[0]} pixels show no finding; the size should be {SMALLEST_SIDE} or more."
        )
    mapping = Columns.from_yaml(columns) if isinstance(columns, Path | str) else columns
    sizes = tuple(dict.fromkeys(sizes))
    plan = plan_of(out, address, sizes, mapping, open_only, shard_size, tell)
    numbers = part.numbers(len(plan.counts))
    seen = ProgressFile(out, part, sum(plan.counts[number] for number in numbers), progress)
    for done in each(PrepareShard(out, sizes, plan.digest), numbers, jobs, executor):
        seen.add(done.studies, done.fresh)
    seen.close()
    folders = (out,) if len(sizes) == 1 else tuple(out / str(size) for size in sizes)
    told = manifests(out, len(plan.counts))
    if told is None:
        return Prepared(len(plan.counts), False, 0, 0, folders)
    rejected = sum(one["rejected"] for one in told)
    write_rejected(out, len(told))
    _check_rejected(rejected, sum(plan.counts), max_rejected, out)
    for folder, size in zip(folders, sizes, strict=True):
        write_card(folder, out, told, {"name": plan.name, "size": size, "source": plan.source}, pixels_name(size))
    return Prepared(len(told), True, sum(plan.counts) - rejected, rejected, folders)


def _check_rejected(rejected: int, total: int, most: int | None, out: Path) -> None:
    most = int(BAD_SHARE * total) if most is None else most
    if rejected > most or rejected == total:
        raise BadInput(
            f"{rejected} of {total} images cannot be read, where {most} may be; {out / REJECTED} says why. "
            "Correct them and prepare in another folder, or allow more by --max-rejected."
        )

"""Work on a cohort cut into shards: made by one machine or many, each study once, and gone on with after any end."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from causaray import __version__
from causaray.cohorts.cohort import CARD, Cohort
from causaray.cohorts.sharded.finish import manifests
from causaray.cohorts.sharded.shard import ShardDone, shard_path
from causaray.errors import BadInput
from causaray.sharding.executors import each
from causaray.sharding.part import Part
from causaray.sharding.plan import begin, begun
from causaray.sharding.progress import ProgressFile
from causaray.sharding.whole import finished, remove_unfinished, settings_digest, whole_shard

BATCH = 16
SHARD_SIZE = 1024
Progress = Callable[[int, int], object]


class Work(Protocol):
    """What is done with the items of a cohort, which are its studies or what is planned of them.

    It travels to other processes, so it is a frozen dataclass of plain values; nets are opened where it works.
    """

    def settings(self) -> dict[str, Any]:
        """All that decides what is made."""
        ...

    def count(self, cohort: Cohort) -> int:
        """How many items there are. Raises BadInput when there is nothing to do, or it cannot be done."""
        ...

    def write(self, cohort: Cohort, items: np.ndarray, folder: Path) -> dict[str, Any]:
        """Write what comes of items (their numbers) into a folder, and tell the manifest `count`, and what else."""
        ...

    def finish(self, cohort: Cohort, out: Path, told: list[dict[str, Any]]) -> None:
        """Write what opens the shards as one; told: their manifests."""
        ...


@dataclass(frozen=True)
class Done:
    """What there is now: `shards` of them, whether that is all (`complete`), and how many `results` they hold."""

    shards: int
    complete: bool
    results: int


def run(
    work: Work, cohort: str | Path, out: str | Path, *, shard_size: int = SHARD_SIZE, shard: str | None = None,
    jobs: int = 1, executor: str = "processes", progress: Progress | None = None,
) -> Done:  # fmt: skip
    """Do the work on a prepared cohort, in shards of so many items: `out`/shards/00000 and so on.

    A shard is a function of cohort and settings: the same bytes whatever the jobs, the executor and what ended a run
    before. `shard` is the part of one of many jobs ("3/64"), `jobs` how many shards are made at a time; the last to end
    finishes. `progress` is called with (items done, items of this job). Raises BadInput for a cohort that cannot be
    read, and for an `out` that was begun with other settings.
    """
    folder, out, part = Path(cohort).absolute(), Path(out), Part.read(shard)
    source = Cohort.open(folder)
    settings = {**work.settings(), "cohort": _card_digest(folder), "shard_size": shard_size, "version": __version__}
    told = begun(out, settings)
    if told is None:
        told = {"items": work.count(source)}
        begin(out, settings, told)
    shards = -(-told["items"] // shard_size)
    numbers, name = part.numbers(shards), settings_digest(settings)
    task = _Task(work, folder, out, name, shard_size, told["items"])
    seen = ProgressFile(out, part, sum(len(task.items(number)) for number in numbers), progress)
    for done in each(task, numbers, jobs, executor):
        seen.add(done.studies, done.fresh)
    seen.close()
    made = manifests(out, shards)
    if made is None:
        return Done(shards, False, 0)
    remove_unfinished(out)
    work.finish(source, out, made)
    return Done(shards, True, sum(one["count"] for one in made))


@dataclass(frozen=True)
class _Task:
    work: Work
    cohort: Path
    out: Path
    settings: str
    shard_size: int
    total: int

    def items(self, number: int) -> np.ndarray:
        return np.arange(number * self.shard_size, min((number + 1) * self.shard_size, self.total))

    def __call__(self, number: int) -> ShardDone:
        place, items = shard_path(self.out, number), self.items(number)
        if finished(place, self.settings) is not None:
            return ShardDone(len(items), False)
        with whole_shard(place, self.settings) as (folder, said):
            said |= self.work.write(_opened(self.cohort), items, folder)
        return ShardDone(len(items), True)


@lru_cache(1)
def _opened(folder: Path) -> Cohort:
    return Cohort.open(folder)


def study_id(row: Any) -> str:
    """What a study is known by wherever it turns up: its cohort and the name of its image."""
    return f"{row['cohort']}/{row['image']}"


def study_seed(seed: int, study: str) -> int:
    """The seed of a study: of its id and the seed of all, not of where in a cohort it stands."""
    return int.from_bytes(blake2b(f"{seed}:{study}".encode(), digest_size=4).digest()) >> 1


def in_batches(n: int, batch: int) -> Iterator[tuple[np.ndarray, int]]:
    """Positions below n in batches that are all of one size, the last filled up with what it ends with, and how many of
    them count: what a net makes of an image depends, in its last bits, on how many lie beside it."""
    for start in range(0, n, batch):
        yield np.minimum(np.arange(start, start + batch), n - 1), min(batch, n - start)


def _card_digest(folder: Path) -> str:
    """What tells a cohort from any other, by the digests of its tables and pixels."""
    cards = [folder / CARD] if (folder / CARD).is_file() else sorted(folder.glob(f"*/{CARD}"))
    told = [json.loads(card.read_text(encoding="utf-8")).get("digest") for card in cards]
    if not told:
        raise BadInput(f"There is no prepared cohort in {folder}; make one by `causaray prepare`.")
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]

"""The lists of a cohort: which studies are in which shard, written once, so that a shard is a function of its list."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from causaray import __version__
from causaray.cohorts.columns import Columns
from causaray.cohorts.sharded.locations import Location, is_address
from causaray.cohorts.sharded.sources import Placed, placed_studies, tar_files
from causaray.cohorts.splits import FOLD_SHARES, SPLIT_SHARES, split_patients
from causaray.cohorts.store import as_parquet, table_of_studies
from causaray.digests import digest_of
from causaray.errors import BadInput
from causaray.sharding.plan import begin, begun
from causaray.sharding.whole import durable_file, settings_digest
from causaray.study import Study

LISTS = "lists"
PLACED = {"place": pa.string(), "offset": pa.int64(), "length": pa.int64()}
"""The columns of a list that a table does not have: where the image is."""


@dataclass(frozen=True)
class Plan:
    """What is to be made: the settings, their name, the studies of each list, and the cohort's name and source."""

    settings: dict[str, Any]
    name: str
    source: str
    counts: tuple[int, ...]

    @property
    def digest(self) -> str:
        """A name of the settings, the table of the source among them."""
        return settings_digest(self.settings)


def plan_of(
    out: Path, source: str, sizes: Sequence[int], columns: Columns | None, open_only: bool, shard_size: int,
    tell: Callable[[str], object],
) -> Plan:  # fmt: skip
    """Read the plan of `out`, or list the source and write it: lists/00000.parquet and so on, and at last plan.json.

    The lists are a function of the source alone, so that any number of jobs may write them at once. Raises BadInput
    when `out` was begun with other settings, and for a source that cannot be read.
    """
    settings = {
        "source": source, "table": _table_digest(source), "sizes": list(sizes), "open_only": open_only,
        "columns": columns and columns.model_dump_json(), "shard_size": shard_size, "version": __version__,
    }  # fmt: skip
    if (told := begun(out, settings, beside=(LISTS,))) is not None:
        return Plan(settings, told["name"], told["source"], tuple(told["counts"]))
    root = _root(source)
    counts, name = [], ""
    for number, part in enumerate(_parts(_completed(source, columns, open_only, tell), shard_size)):
        table = table_of_studies([study for study, _ in part], root)
        for key in PLACED:
            table[key] = [getattr(location, key) for _, location in part]
        durable_file(list_path(out, number), as_parquet(table, PLACED))
        counts.append(len(part))
        name = part[0][0].cohort
    if not counts:
        raise BadInput(f"No image of {source} is open; say which are in a column `open` or `licence`, or take all.")
    plan = Plan(settings, name, root, tuple(counts))
    begin(out, settings, {"name": name, "source": root, "counts": counts})
    return plan


def list_path(out: Path, number: int) -> Path:
    """Where the list of a shard is."""
    return out / LISTS / f"{number:05d}.parquet"


def listed(out: Path, number: int) -> tuple[pd.DataFrame, list[Location]]:
    """The table of a shard's studies, and where their images are. Raises BadInput when it cannot be read."""
    path = list_path(out, number)
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read ({error}); prepare the cohort in another folder.") from error
    places = zip(table["place"], table["offset"], table["length"], strict=True)
    return table.drop(columns=[*PLACED]), [Location(place, int(offset), int(n)) for place, offset, n in places]


def _completed(
    source: str, columns: Columns | None, open_only: bool, tell: Callable[[str], object]
) -> Iterator[Placed]:
    """The studies with their split and fold, as `complete_parts` gives them; the source is read twice.

    Of the first reading no more is kept than a number of 8 bytes an image, and the patients whose part the table says.
    """
    given: dict[str, dict[str, str]] = {"split": {}, "fold": {}}
    images = array("Q")
    for study, _ in placed_studies(source, columns, tell):
        images.append(_number(str(study.image)))
        for what, known in given.items():
            part = getattr(study, what)
            if part and known.setdefault(study.patient, part) != part:
                raise BadInput(
                    f"{study.image.name} is in {part!r} of the {what}s of {source} and another image of its patient in "
                    f"{known[study.patient]!r}; all images of a patient belong together."
                )
    if twice := len(images) - len(np.unique(np.frombuffer(images, np.uint64))):
        raise BadInput(f"{source} has {twice} images in several rows; each should have one row.")
    shares = {"split": (SPLIT_SHARES, 0), "fold": (FOLD_SHARES, 1)}

    def complete(study: Study, what: str) -> str:
        known = given[what].get(study.patient)
        return known or split_patients([study.patient], *shares[what])[study.patient]

    for study, location in placed_studies(source, columns, lambda sentence: None):
        if study.open or not open_only:
            split = complete(study, "split")
            fold = complete(study, "fold") if split == "train" else ""
            image = study.image.resolve() if location.file else study.image
            yield replace(study, split=split, fold=fold, image=image), location


def _parts(studies: Iterable[Placed], size: int) -> Iterator[list[Placed]]:
    waiting = iter(studies)
    while part := list(islice(waiting, size)):
        yield part


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def _root(source: str) -> str:
    """The folder from which images are named."""
    if is_address(source):
        return source
    path = Path(source)
    return str((path if path.is_dir() else path.parent).resolve()) if not tar_files(path) else ""


def _table_digest(source: str) -> str | None:
    """What tells whether the table has changed since; None of a source without a file of one."""
    from causaray.cohorts.sources import table_of

    path = None if is_address(source) else Path(source)
    table = table_of(path) if path and path.exists() and not tar_files(path) else None
    return digest_of(table) if table else None

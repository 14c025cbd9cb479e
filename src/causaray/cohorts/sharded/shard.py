"""One shard of a cohort: the images of its list in every size, their table, headers, and what could not be read."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.format import open_memmap

from causaray.cohorts.cohort import TABLE
from causaray.cohorts.pixels import leave_out
from causaray.cohorts.sharded.headers import HEADERS, KEYWORDS, row_of, write_headers
from causaray.cohorts.sharded.listing import listed
from causaray.cohorts.sharded.locations import Location
from causaray.cohorts.store import as_parquet
from causaray.errors import BadInput
from causaray.imagefiles.apart import read_squares
from causaray.sharding.whole import finished, whole_shard

SHARDS, REJECTED = "shards", "rejected.csv"


@dataclass(frozen=True)
class ShardDone:
    """How many studies a shard has, and whether it was made now or was there."""

    studies: int
    fresh: bool


@dataclass(frozen=True)
class PrepareShard:
    """Makes shards of the cohort in `out`, each of its list alone: the same bytes wherever and whenever."""

    out: Path
    sizes: tuple[int, ...]
    settings: str

    def __call__(self, number: int) -> ShardDone:
        """Make a shard, unless it is there and whole. Raises BadInput when it cannot be written."""
        place = shard_path(self.out, number)
        if (there := finished(place, self.settings)) is not None:
            return ShardDone(there["count"] + there["rejected"], False)
        table, locations = listed(self.out, number)
        with whole_shard(place, self.settings) as (folder, said):
            said |= _write(folder, table, locations, self.sizes)
        return ShardDone(len(table), True)


def shard_path(out: Path, number: int) -> Path:
    """Where the shard of a number is."""
    return out / SHARDS / f"{number:05d}"


def pixels_name(size: int) -> str:
    """What the pixels of a size are called in a shard."""
    return f"pixels-{size}.npy"


def _write(folder: Path, table: pd.DataFrame, locations: Sequence[Location], sizes: Sequence[int]) -> dict[str, Any]:
    n, rejected, headers = len(table), dict[int, str](), []
    files = {size: folder / pixels_name(size) for size in sizes}
    pixels = {size: open_memmap(file, "w+", np.uint8, (n, size, size)) for size, file in files.items()}
    for i, (location, image) in enumerate(zip(locations, table["image"], strict=True)):
        try:
            source = location.file or location.read()
            squares, header = read_squares(source, sizes, KEYWORDS, str(location.file or image))
        except BadInput as error:
            rejected[i] = str(error)
            continue
        for size, square in zip(sizes, squares, strict=True):
            pixels[size][i] = np.rint(square * 255)
        if header is not None:
            headers.append(row_of(image, header))
    for size, file in files.items():
        pixels[size].flush()
        if rejected:
            leave_out(rejected, pixels[size], file)
    kept = table.drop(index=[*rejected])
    (folder / TABLE).write_bytes(as_parquet(kept))
    write_headers(headers, folder / HEADERS)
    with (folder / REJECTED).open("w", encoding="utf-8", newline="") as listed_bad:
        csv.writer(listed_bad).writerows(
            [["image", "reason"], *([table["image"][i], why] for i, why in rejected.items())]
        )
    return {"count": len(kept), "rejected": len(rejected)}

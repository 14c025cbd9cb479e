"""What makes shards a cohort: the card that `Cohort.open` reads, and one list of all that was rejected."""

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from causaray import __version__
from causaray.cohorts.cohort import CARD, TABLE
from causaray.cohorts.sharded.shard import REJECTED, shard_path
from causaray.findings import NAMES
from causaray.sharding.whole import MANIFEST, durable_file, remove_unfinished


def manifests(out: Path, shards: int) -> list[dict[str, Any]] | None:
    """The manifests of all shards; None as long as one is missing."""
    paths = [shard_path(out, number) / MANIFEST for number in range(shards)]
    if not all(path.is_file() for path in paths):
        return None
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def write_rejected(out: Path, shards: int) -> None:
    """Gather the shards' lists of what could not be read into one, rejected.csv."""
    gathered = io.StringIO(newline="")
    table = csv.writer(gathered)
    table.writerow(["image", "reason"])
    for number in range(shards):
        with (shard_path(out, number) / REJECTED).open(encoding="utf-8", newline="") as file:
            table.writerows(list(csv.reader(file))[1:])
    durable_file(out / REJECTED, gathered.getvalue().encode())


def write_card(
    folder: Path, out: Path, told: Sequence[Mapping[str, Any]], about: Mapping[str, Any], pixels: str
) -> None:
    """Write the cohort.json of `folder`, over the shards of `out`.

    told: their manifests; about: `name`, `size` and `source`; pixels: what the file of pixels is called in a shard.
    Everything in it is a function of the shards. What killed programs have left beside them is removed.
    """
    remove_unfinished(out)
    places = [shard_path(out, number) for number in range(len(told))]
    digests = {name: [one["files"][name] for one in told] for name in (TABLE, pixels)}
    card = {
        **about,
        "version": __version__,
        "counts": _counts(places),
        "unreadable": {},
        "rejected": sum(one.get("rejected", 0) for one in told),
        "digest": {name: sha256("".join(digest).encode()).hexdigest() for name, digest in digests.items()},
        "pixels": pixels,
        "shards": [Path(os.path.relpath(place, folder)).as_posix() for place in places],
    }
    durable_file(folder / CARD, json.dumps(card, indent=2).encode())


def _counts(places: Sequence[Path]) -> dict[str, Any]:
    """What `store.describe` counts, shard by shard; of the patients no more is kept than 8 bytes an image."""
    patients, splits, present = [], Counter[str](), Counter[str]()
    images = open_ones = 0
    for place in places:
        table = pd.read_parquet(place / TABLE, columns=["patient", "split", "open", *NAMES])
        images, open_ones = images + len(table), open_ones + int(table["open"].sum())
        patients.append(np.unique(pd.util.hash_array(table["patient"].to_numpy(object))))
        splits.update(table["split"].dropna())
        present.update({name: int((table[name] == 1).sum()) for name in NAMES})
    return {
        "images": images,
        "patients": len(np.unique(np.concatenate(patients))) if patients else 0,
        "open": open_ones,
        "splits": dict(sorted(splits.items())),
        "present": {name: n for name in NAMES if (n := present[name])},
    }

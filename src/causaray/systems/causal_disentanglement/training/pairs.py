"""Pairs of films without and with a finding, kept on disk to be learned from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import monotonic

import numpy as np
import torch
from numpy.lib.format import open_memmap
from torch import Tensor

from causaray.cohorts.store import written_whole
from causaray.errors import BadInput

SHEETS = ("films", "drawn", "share")
_ROWS, _PLACES = "rows.npz", "places.npy"
_TELL = 500


@dataclass(frozen=True)
class Pair:
    """One pair: film, drawn and share (S, S) in [0, 1], its rows, and places (2, 10, S, S), as in `Pairs`."""

    film: Tensor
    drawn: Tensor
    share: Tensor
    rows: Mapping[str, np.ndarray]
    places: Tensor | None = None


@dataclass(frozen=True)
class Pairs:
    """N pairs: films, drawn and share uint8 (N, S, S), and rows by name.

    asked (N, c): label rows of a request for the finding (`request_rows`); before, after, shown (N, n) as in
    `drawn_groups.Groups`; key (N,): finding and side, by which like requests are found; severity (N,) in (0, 1].
    places: float16 (N, 2, 10, S, S), the coordinates of both films (`anatomy.coordinates`) where they were read once;
    of pairs that are moved anew each time they are read from what is seen, and there are none here.
    """

    films: np.ndarray
    drawn: np.ndarray
    share: np.ndarray
    rows: Mapping[str, np.ndarray]
    places: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.rows["key"])

    @classmethod
    def open(cls, folder: Path) -> "Pairs":
        """Those that `write_pairs` wrote. Raises BadInput where they cannot be read."""
        try:
            with np.load(folder / _ROWS, allow_pickle=False) as rows:
                kept = dict(rows)
            count = len(kept["key"])
            films, drawn, share = (_mapped(folder / f"{name}.npy")[:count] for name in SHEETS)
            places = _mapped(folder / _PLACES)[:count] if (folder / _PLACES).is_file() else None
        except (OSError, ValueError, KeyError) as error:
            raise BadInput(f"{folder} does not hold whole pairs; remove it, and they are made again.") from error
        return cls(films, drawn, share, kept, places)

    def sheets(self, rows: np.ndarray) -> Tensor:
        """Film, drawn and share of some pairs as channels: float32 (B, 3, S, S) in [0, 1]."""
        stacked = np.stack([array[rows] for array in (self.films, self.drawn, self.share)], 1)
        return torch.from_numpy(stacked.astype(np.float32) / 255)

    def coordinates(self, rows: np.ndarray) -> Tensor | None:
        """The coordinates of both films of some pairs, float32 (B, 2, 10, S, S), where they are kept."""
        return None if self.places is None else torch.from_numpy(self.places[rows].astype(np.float32))


def _mapped(path: Path) -> np.ndarray:
    loaded: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    return loaded


def write_pairs(pairs: Iterable[Pair], count: int, size: int, out: Path) -> Pairs:
    """Keep at most `count` pairs of films of `size` pixels a side in the folder `out`, whole or not at all.

    Raises BadInput where there is none.
    """
    started, rows = monotonic(), list[Mapping[str, np.ndarray]]()
    with written_whole(out) as folder:
        arrays = [open_memmap(folder / f"{name}.npy", "w+", np.uint8, (count, size, size)) for name in SHEETS]
        places: np.ndarray | None = None
        for pair in islice(pairs, count):
            if pair.places is not None:
                if places is None:
                    places = open_memmap(folder / _PLACES, "w+", np.float16, (count, *pair.places.shape))
                places[len(rows)] = pair.places.numpy()
            for array, sheet in zip(arrays, (pair.film, pair.drawn, pair.share), strict=True):
                array[len(rows)] = (sheet * 255).round().clamp(0, 255).to(torch.uint8).numpy()
            rows.append(pair.rows)
            if len(rows) % _TELL == 0:
                print(f"pairs {len(rows)}/{count} {monotonic() - started:.0f}s", flush=True)
        if not rows:
            raise BadInput("No finding could be drawn on any training film; are they chest radiographs?")
        columns = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
        np.savez(folder / _ROWS, allow_pickle=False, **columns)
    return Pairs.open(out)

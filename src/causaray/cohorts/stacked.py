"""Arrays in many files, one after the other, as one: each is opened when a row of it is asked for."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.lib.format import read_array_header_1_0, read_magic

OPENED = 256
"""Memory maps that are held open at a time: each takes one of the 1024 files that a process usually may have."""


class Stacked:
    """uint8 arrays (n_i, ...) of .npy files as one of shape (sum of n_i, ...), of which rows are taken.

    It has no more in memory than the rows that are asked for; workers that it is sent to open the files themselves.
    """

    def __init__(self, files: Sequence[Path], lengths: Sequence[int], sides: tuple[int, ...], dtype: np.dtype) -> None:
        """files: with `lengths` rows each, all of `sides` and `dtype`."""
        self.files, self.dtype = tuple(files), dtype
        self._ends = np.cumsum(lengths, dtype=np.int64)
        self.shape = (int(self._ends[-1]) if len(self.files) else 0, *sides)
        self._maps: OrderedDict[int, np.ndarray] = OrderedDict()

    @classmethod
    def open(cls, files: Sequence[Path]) -> Self:
        """Read what the files say of themselves, and no row. Raises ValueError where they are of unequal kinds."""
        told = [_header(file) for file in files]
        kinds = {(shape[1:], dtype) for shape, dtype in told}
        if len(kinds) != 1:
            raise ValueError(f"{len(kinds)} kinds of arrays")
        ((sides, dtype),) = kinds
        return cls(files, [shape[0] for shape, _ in told], sides, dtype)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        """The rows of these numbers (B,), as an array (B, ...) of their own."""
        rows = np.asarray(rows)
        taken = np.empty((len(rows), *self.shape[1:]), self.dtype)
        numbers = np.searchsorted(self._ends, rows, side="right")
        for number in np.unique(numbers):
            here = numbers == number
            first = self._ends[number - 1] if number else 0
            taken[here] = self._map(int(number))[rows[here] - first]
        return taken

    def beside(self, name: str) -> "Stacked":
        """What lies under a name beside each of the files."""
        return Stacked.open([file.parent / name for file in self.files])

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"_maps": OrderedDict()}

    def _map(self, number: int) -> np.ndarray:
        if number not in self._maps:
            if len(self._maps) >= OPENED:
                self._maps.popitem(last=False)
            self._maps[number] = np.load(self.files[number], mmap_mode="r", allow_pickle=False)
        self._maps.move_to_end(number)
        return self._maps[number]


def _header(file: Path) -> tuple[tuple[int, ...], np.dtype]:
    with file.open("rb") as opened:
        read_magic(opened)
        shape, _, dtype = read_array_header_1_0(opened)
        return shape, dtype

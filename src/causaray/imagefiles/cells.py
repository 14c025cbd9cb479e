"""Where in its cell of 8 or 16 bits a stored value lies (PS3.5, 8.1.1)."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from pydicom import Dataset


@dataclass(frozen=True)
class Layout:
    """How many bits hold a value, and how many unused ones lie below them; what is left of a cell lies above."""

    bits: int
    below: int

    @classmethod
    def of(cls, header: Dataset) -> Self:
        """What the header says; what it cannot mean is put right where cells are looked at."""
        bits, high = int(header.get("BitsStored") or 0), header.get("HighBit")
        return cls(bits, 0 if high is None else int(high) + 1 - bits)

    def values(self, cells: np.ndarray) -> np.ndarray:
        """The values in integer cells of any shape, which are signed where the cells are."""
        bits, below = self._within(8 * cells.dtype.itemsize)
        spare = 8 * cells.dtype.itemsize - bits
        return (cells << (spare - below)) >> spare if spare else cells

    def exceeded(self, cells: np.ndarray) -> bool:
        """Whether any of the cells, taken as a value, has more bits than a value has."""
        bits, _ = self._within(8 * cells.dtype.itemsize)
        return bits < 8 * cells.dtype.itemsize and not np.array_equal(cells, Layout(bits, 0).values(cells))

    def cleared(self, cells: np.ndarray) -> np.ndarray:
        """The cells with zeros in their unused bits, or above a negative value ones."""
        return self.values(cells) << self._within(8 * cells.dtype.itemsize)[1]

    def _within(self, allocated: int) -> tuple[int, int]:
        """`bits` and `below` in cells of so many bits: all of them where too many or none are said to be used."""
        bits = self.bits if 0 < self.bits <= allocated else allocated
        return bits, self.below if 0 <= self.below <= allocated - bits else 0

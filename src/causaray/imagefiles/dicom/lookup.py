"""Lookup tables of a DICOM header (PS3.3, C.11.1.1 and C.11.2.1.1)."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from pydicom import Dataset

WORD = 2**16


def as_word(value: int, signed: bool) -> int:
    """The 16 bits of a number taken as signed or not, however the header wrote them."""
    word = int(value) % WORD
    return word - WORD if signed and word >= WORD // 2 else word


@dataclass(frozen=True, eq=False)
class LookupTable:
    """What the values from `first` on become: `entries`, int64 (n,) of [0, 65535].

    Values before the first and behind the last become what the first and the last become.
    """

    first: int
    entries: np.ndarray
    bits: int

    @classmethod
    def of(cls, item: Dataset, signed: bool) -> Self | None:
        """The table of an item of a modality or VOI LUT sequence; None where it holds none that can be used.

        `signed` says whether the values that are looked up may be negative; the first one is written in 16 bits, and
        its VR does not tell. Entries are never signed, whatever their VR is.
        """
        descriptor, data = item.get("LUTDescriptor"), item.get("LUTData")
        if data is None or descriptor is None or isinstance(descriptor, int) or len(descriptor) != 3:
            return None
        number = as_word(descriptor[0], False) or WORD
        entries = _entries(data, number, item)
        if not len(entries) or entries.min() == entries.max():
            return None
        return cls(as_word(descriptor[1], signed), entries, int(descriptor[2]))

    def look_up(self, values: np.ndarray) -> np.ndarray:
        """What integer or float (n,) values become; they are rounded first."""
        at = np.rint(values).astype(np.int64) - self.first
        return self.entries[at.clip(0, len(self.entries) - 1)]

    def shown(self, values: np.ndarray) -> np.ndarray:
        """The same in [0, 1]: over the range of the bits that an entry is said to have.

        Of a table that uses less than half of them, or more, that is not true; its own range is taken then.
        """
        low, high, top = int(self.entries.min()), int(self.entries.max()), 2**self.bits - 1
        low, high = (0, top) if top // 2 < high <= top else (low, high)
        return (self.look_up(values) - low) / (high - low)


def _entries(data: object, number: int, item: Dataset) -> np.ndarray:
    """At most `number` entries, stored as whole numbers or as bytes: two each, or one where they are few.

    The bytes have the order of the file, which pydicom leaves to us.
    """
    big = item.original_encoding[1] is False
    if not isinstance(data, bytes):
        data, big = (np.atleast_1d(np.asarray(data, np.int64)) % WORD).astype("<u2").tobytes(), False
    if len(data) <= number + 1:
        return np.frombuffer(data[:number], "u1").astype(np.int64)
    return np.frombuffer(data[: len(data) // 2 * 2], ">u2" if big else "<u2")[:number].astype(np.int64)

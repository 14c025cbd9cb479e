"""Which shards one job of many does: `--shard 3/64` of a job array."""

import re
from dataclasses import dataclass
from typing import Self

from causaray.errors import BadInput


@dataclass(frozen=True)
class Part:
    """Job number `index`, counted from 0, of `of` jobs: it does every shard whose number leaves it as the rest."""

    index: int = 0
    of: int = 1

    @classmethod
    def read(cls, text: str | None) -> Self:
        """ "3/64", counted from 0 as job arrays usually are; all the work where it is None. Raises BadInput."""
        if text is None:
            return cls()
        match = re.fullmatch(r"(\d+)/(\d+)", text.strip())
        if not match or not int(match[1]) < int(match[2]):
            raise BadInput(f'"{text[:40]}" names no part of the work; say "0/64" to "63/64" for 64 jobs.')
        return cls(int(match[1]), int(match[2]))

    def numbers(self, shards: int) -> list[int]:
        """The numbers of its shards, of so many."""
        return list(range(self.index, shards, self.of))

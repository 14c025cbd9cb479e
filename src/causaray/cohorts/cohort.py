"""A prepared cohort: a table of studies beside their pixels, memory-mapped, ready to train on."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from causaray.cohorts.stacked import Stacked
from causaray.errors import BadInput
from causaray.findings import NAMES, Findings
from causaray.scan import LATERAL
from causaray.study import Study

TABLE, PIXELS, CARD = "table.parquet", "pixels.npy", "cohort.json"
TEXT_COLUMNS = ("image", "patient", "cohort", "sex", "view", "split", "fold")
NUMBER_COLUMNS = ("age", "time")


@dataclass(frozen=True, eq=False)
class Cohort:
    """Studies as one table, their pixels in one or more memory maps.

    `table` has a row a study: image, patient, cohort, age, sex, view, time, split, fold, open, a float column for every
    finding of NAMES (1 present, 0 absent, -1 uncertain, nan unknown) and `row`, the columns of the source as JSON.
    A patient is one person only within a cohort: group by ["cohort", "patient"].
    `shards` are uint8 (n, size, size), study i is at `place[i]` of `shards[shard[i]]`, and `cards` holds the
    cohort.json of each shard. Made by `Cohort.open`, `concat` and `subset`; none of them reads the table or a pixel
    before it is asked for, but `subset` and `concat` the table.
    """

    table: pd.DataFrame
    shards: tuple[np.ndarray | Stacked, ...]
    shard: np.ndarray
    place: np.ndarray
    cards: tuple[dict[str, Any], ...]

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """Open what `prepare` wrote: the folder of one cohort, or a folder of several, taken as one.

        Raises BadInput when there is none in it, or its files do not belong together.
        """
        folder = Path(folder)
        if (folder / CARD).is_file():
            return cls._open_one(folder)
        several = sorted(card.parent for card in folder.glob(f"*/{CARD}") if not card.parent.name.startswith("."))
        if not several:
            make = f"causaray prepare SOURCE --out {folder}"
            raise BadInput(f"There is no prepared cohort in {folder}; make one with `{make}`.")
        return cls.concat([cls._open_one(one) for one in several])

    @classmethod
    def _open_one(cls, folder: Path) -> Self:
        try:
            card = json.loads((folder / CARD).read_text(encoding="utf-8"))
            parts = [folder / one for one in card.get("shards", ["."])]
            tables, arrays = [one / TABLE for one in parts], [one / card.get("pixels", PIXELS) for one in parts]
            pixels = Stacked.open(arrays) if "shards" in card else np.load(arrays[0], mmap_mode="r", allow_pickle=False)
            n = sum(pq.read_metadata(table).num_rows for table in tables)
            shape = (n, card["size"], card["size"])
        except (OSError, ValueError, EOFError, KeyError) as error:
            raise BadInput(f"The prepared cohort {folder} cannot be read ({error}); prepare it again.") from error
        if pixels.shape != shape or pixels.dtype != np.uint8:
            raise BadInput(f"{PIXELS} and {TABLE} of {folder} do not belong together; prepare the cohort again.")
        late: Any = partial(_tables, tables)
        return cls(late, (pixels,), np.zeros(n, np.int64), np.arange(n), (card,))

    @classmethod
    def concat(cls, cohorts: Sequence[Self]) -> Self:
        """Hold several cohorts as one without copying pixels. Raises BadInput for none, or for unequal image sizes."""
        if len({cohort.size for cohort in cohorts}) != 1:
            sizes = ", ".join(f"{cohort.name}: {cohort.size}" for cohort in cohorts) or "none"
            raise BadInput(f"Cohorts held as one need one image size, these have {sizes}; prepare them at one size.")
        starts = np.cumsum([0, *(len(cohort.shards) for cohort in cohorts)])
        if len(cohorts) == 1:
            return cohorts[0]
        table = pd.concat([cohort.table for cohort in cohorts], ignore_index=True)
        return cls(
            table,
            tuple(shard for cohort in cohorts for shard in cohort.shards),
            np.concatenate([cohort.shard + start for cohort, start in zip(cohorts, starts, strict=False)]),
            np.concatenate([cohort.place for cohort in cohorts]),
            tuple(card for cohort in cohorts for card in cohort.cards),
        )

    def __len__(self) -> int:
        return len(self.place)

    @property
    def name(self) -> str:
        """The names of the cohorts in it, joined by "+"."""
        return "+".join(dict.fromkeys(card["name"] for card in self.cards))

    @property
    def size(self) -> int:
        """Side of the images in pixels."""
        return self.cards[0]["size"]

    @property
    def pixels(self) -> np.ndarray:
        """uint8 (N, size, size): the memory map itself for a whole prepared cohort in one, a copy for any other."""
        first = self.shards[0]
        if isinstance(first, np.ndarray) and len(self.shards) == 1 and len(self) == len(first):
            return first
        return self._gather(np.arange(len(self)))

    def subset(
        self,
        split: str | None = None,
        fold: str | None = None,
        open: bool | None = None,
        mask: np.ndarray | pd.Series | None = None,
    ) -> Self:
        """The studies that meet every condition given; `mask` is boolean (N,). Copies no pixels, keeps the order."""
        keep = np.ones(len(self), bool) if mask is None else np.array(mask, bool)
        for column, value in (("split", split), ("fold", fold), ("open", open)):
            if value is not None:
                keep &= (self.table[column] == value).to_numpy(bool)
        table = self.table[keep].reset_index(drop=True)
        return type(self)(table, self.shards, self.shard[keep], self.place[keep], self.cards)

    def labels(self, names: Sequence[str] = NAMES) -> np.ndarray:
        """float32 (N, n): 1 present, 0 absent, -1 uncertain, nan unknown. Raises BadInput for a name not in NAMES."""
        strange = [name for name in names if name not in NAMES]
        if strange:
            raise BadInput(f"{', '.join(strange)} is no finding of a prepared cohort; these are: {', '.join(NAMES)}.")
        return self.table[list(names)].to_numpy(np.float32)

    def images(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """float32 (B, 1, size, size) in [0, 1], bone bright, in the order of `indices`."""
        return self._gather(np.asarray(indices))[:, None].astype(np.float32) / 255

    def frontal(self) -> Self:
        """The studies that are not known to be lateral."""
        return self.subset(mask=self.table["view"].to_numpy() != LATERAL)

    def _gather(self, indices: np.ndarray) -> np.ndarray:
        pixels = np.empty((len(indices), self.size, self.size), np.uint8)
        shard, place = self.shard[indices], self.place[indices]
        for one in np.unique(shard):
            pixels[shard == one] = self.shards[one][place[shard == one]]
        return pixels

    def study(self, i: int) -> Study:
        """Study `i` as it was before preparing; its image is found as long as the source is where it was."""
        row = self.table.iloc[i]
        known: dict[str, Any] = {name: row[name] if pd.notna(row[name]) else None for name in TEXT_COLUMNS}
        known |= {name: float(row[name]) if pd.notna(row[name]) else None for name in NUMBER_COLUMNS}
        known["image"] = Path(self.cards[self.shard[i]]["source"]) / row["image"]
        findings = Findings.from_row(row[list(NAMES)].to_dict())
        return Study(**known, findings=findings, open=bool(row["open"]), row=json.loads(row["row"]))


class _LateTable:
    """The table of a cohort, or what reads it when it is first asked for."""

    def __get__(self, cohort: Cohort, kind: type) -> pd.DataFrame:
        held = cohort.__dict__["table"]
        if callable(held):
            held = cohort.__dict__["table"] = held()
        table: pd.DataFrame = held
        return table

    def __set__(self, cohort: Cohort, table: pd.DataFrame | Callable[[], pd.DataFrame]) -> None:
        cohort.__dict__["table"] = table


Cohort.table = _LateTable()  # type: ignore[assignment]


def _tables(files: Sequence[Path]) -> pd.DataFrame:
    """The tables of a cohort's shards as one. Raises BadInput for one that cannot be read."""
    try:
        return pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    except (OSError, ValueError) as error:
        raise BadInput(f"{files[0]} cannot be read ({error}); prepare the cohort again.") from error


def open_cohorts(folders: Sequence[Path | str]) -> Cohort:
    """Open several prepared cohorts as one `Cohort`, the pixels staying where they are. Errors as `Cohort.open`."""
    return Cohort.concat([Cohort.open(folder) for folder in folders])

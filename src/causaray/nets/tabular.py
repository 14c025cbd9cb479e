"""A table as input of a net: numbers and categories, each scaled by its own statistics, what is missing as missing."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from causaray.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd


class Column(NamedTuple):
    """A column of a table: its name, and the categories that its cells may be; a number where there are none."""

    name: str
    categories: tuple[str, ...] = ()


def find_columns(table: "pd.DataFrame", names: Sequence[str]) -> tuple[Column, ...]:
    """What kinds of columns `names` are: numbers where every known cell is one, else categories in order of the text.

    Raises BadInput for a column that is not there, and for one without a known cell.
    """
    found = []
    for name in names:
        cells = _cells(table, name).dropna()
        if not len(cells):
            raise BadInput(f"Column {name} of the table is empty; leave it out.")
        text = _not_numbers(cells)
        found.append(Column(name, tuple(sorted(cells.astype(str).unique())) if len(text) else ()))
    return tuple(found)


def table_values(table: "pd.DataFrame", columns: Sequence[Column]) -> np.ndarray:
    """float32 (N, C): numbers as they are, categories as their place in `Column.categories`, NaN where missing.

    A category that is not among those of the column is missing, too. Raises BadInput for a column that is not there,
    for text where numbers are needed, and for numbers that are not finite.
    """
    values = np.full((len(table), len(columns)), np.nan, np.float32)
    for j, (name, categories) in enumerate(columns):
        cells = _cells(table, name)
        if categories:
            places = {category: place for place, category in enumerate(categories)}
            values[:, j] = cells.astype(str).map(places).where(cells.notna()).to_numpy(float)
        elif len(text := _not_numbers(cells.dropna())):
            raise BadInput(f'Column {name} of the table holds "{text.iloc[0]}" where a number is needed.')
        else:
            numbers = cells.astype(float).to_numpy()
            if (np.abs(numbers) > np.finfo(np.float32).max).any():
                raise BadInput(
                    f"Column {name} of the table holds {np.nanmax(np.abs(numbers)):g}, which no net can take."
                )
            values[:, j] = numbers
    return values


class TabularFeatures(nn.Module):
    """Values (B, C) of `table_values` -> features (B, F).

    A column of numbers is (x - mean) / deviation, 0 where missing. A column of k categories is k features, 1 at its
    own and all 0 where missing. After these comes a feature a column that is 1 where it is missing. `size` is F. To
    hide a column from the net, set it to NaN.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.size = sum(len(column.categories) or 1 for column in columns) + len(columns)
        self.register_buffer("mean", torch.zeros(len(columns)))
        self.register_buffer("deviation", torch.ones(len(columns)))

    def fit(self, values: np.ndarray) -> None:
        """Take mean and deviation of the known cells of each column from values (N, C): those that are trained on."""
        for j, column in enumerate(self.columns):
            known = values[np.isfinite(values[:, j]), j]
            if len(known) and not column.categories:
                self.mean[j], self.deviation[j] = float(known.mean()), max(float(known.std()), 1e-6)

    def forward(self, values: Tensor) -> Tensor:
        missing = values.isnan()
        scaled = ((values - self.mean) / self.deviation).masked_fill(missing, 0)
        parts = []
        for j, column in enumerate(self.columns):
            if not column.categories:
                parts.append(scaled[:, j : j + 1])
                continue
            places = values[:, j].nan_to_num(-1)
            parts.append((places[:, None] == torch.arange(len(column.categories), device=values.device)).float())
        return torch.cat([*parts, missing.float()], 1)


class TabularEncoder(nn.Module):
    """Values (B, C) of `table_values` -> (B, dim): `TabularFeatures`, and a net of one hidden layer."""

    def __init__(self, columns: Sequence[Column], dim: int, hidden: int = 64) -> None:
        super().__init__()
        self.features = TabularFeatures(columns)
        self.net = nn.Sequential(nn.Linear(self.features.size, hidden), nn.SiLU(), nn.Linear(hidden, dim))

    def forward(self, values: Tensor) -> Tensor:
        encoded: Tensor = self.net(self.features(values))
        return encoded


def _cells(table: "pd.DataFrame", name: str) -> "pd.Series[Any]":
    if name not in table.columns:
        raise BadInput(f"The table has no column {name}; it has {', '.join(map(str, table.columns))}.")
    return table[name]


def _not_numbers(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    import pandas as pd

    return cells[pd.to_numeric(cells, errors="coerce").isna()]

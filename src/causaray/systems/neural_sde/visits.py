"""Patients followed over time: what was known on day 0, which treatment was given, what was seen at which visit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from causaray.errors import BadInput
from causaray.nets.tabular import Column, find_columns, table_values

if TYPE_CHECKING:
    import pandas as pd

UNTREATED = "none"


@dataclass(frozen=True, eq=False)
class Visits:
    """P patients, each with one treatment and up to V visits, of which the first is on day 0.

    patients (P,): names. features (P, E): of the image on day 0. values (P, C): of the table on day 0, NaN missing.
    treatment (P,): numbers of `treatments`. days (P, V): NaN where a patient has fewer visits. outcomes (P, V, F): NaN
    where unknown.
    """

    patients: np.ndarray
    features: np.ndarray
    values: np.ndarray
    treatment: np.ndarray
    days: np.ndarray
    outcomes: np.ndarray

    def __len__(self) -> int:
        return len(self.patients)

    def rows(self, chosen: np.ndarray) -> Self:
        """Those at `chosen`, numbers or truths."""
        return type(self)(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    def until(self, day: float) -> Self:
        """Without the visits after `day`; day 0 stays."""
        after = self.days > max(day, 0)
        days, outcomes = np.where(after, np.nan, self.days), np.where(after[..., None], np.nan, self.outcomes)
        return replace(self, days=days.astype(np.float32), outcomes=outcomes.astype(np.float32))

    @property
    def last(self) -> np.ndarray:
        """Day (P,) of the last visit."""
        return np.nanmax(self.days, 1)


@dataclass(frozen=True)
class VisitColumns:
    """Which columns of a table of visits hold what; treatment: "" where all are treated alike."""

    patient: str
    time: str
    outcomes: tuple[str, ...]
    covariates: tuple[str, ...]
    treatment: str = ""
    image: str = ""


@dataclass(frozen=True, eq=False)
class VisitTable:
    """A table of visits as it was read: the visits without features, and what the model must know of the columns.

    images (P,): name of each patient's image on day 0, "" where there is none.
    """

    visits: Visits
    columns: tuple[Column, ...]
    treatments: tuple[str, ...]
    images: np.ndarray


def found_table(file: str, folders: Iterable[Path]) -> Path | None:
    """The file of a recipe's visits, in one of some folders or as it is named; None where it is nowhere."""
    places = [*(Path(folder) / file for folder in folders), Path(file)]
    return next((place for place in places if place.is_file()), None)


def read_visits(path: str | Path, columns: VisitColumns) -> VisitTable:
    """Read a CSV file with a row a visit, in the order of time within each patient.

    The day of a patient's first row is day 0; its row gives table, treatment and image. Raises BadInput for a file or
    column that is not there, rows without a patient or a day, visits that are out of order, before the first image, or
    alone, and for text in place of numbers.
    """
    import pandas as pd

    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read as a table; name a CSV file with a row a visit.") from error
    needed = (columns.patient, columns.time, columns.treatment, columns.image)
    for name in [name for name in needed if name]:
        if name not in table.columns:
            raise BadInput(f"{path} has no column {name}; it has {', '.join(map(str, table.columns))}.")
    if table.empty:
        raise BadInput(f"{path} has no row; it needs a row a visit.")
    if (nobody := table[columns.patient].isna()).any():
        raise BadInput(f"Column {columns.patient} of {path} names no patient in row {int(nobody.argmax()) + 2}.")
    days = table_values(table, [Column(columns.time)])[:, 0]
    outcomes = table_values(table, [Column(name) for name in columns.outcomes])
    if np.isnan(days).any():
        raise BadInput(f"Column {columns.time} of {path} has no value in row {int(np.isnan(days).argmax()) + 2}.")
    groups = list(table.groupby(table[columns.patient].astype(str), sort=False).indices.items())
    for name, rows in groups:
        _check(name, days[rows], table[columns.image].iloc[rows] if columns.image else None)
    first = np.array([rows[0] for _, rows in groups])
    start = table.iloc[first]
    kinds = find_columns(start, columns.covariates)
    treatments, treatment = _treatments(start, columns.treatment)
    most = max(len(rows) for _, rows in groups)
    visits = Visits(
        patients=np.array([name for name, _ in groups]),
        features=np.zeros((len(groups), 0), np.float32),
        values=table_values(start, kinds),
        treatment=treatment,
        days=np.stack([_filled(days[rows] - days[rows[0]], most) for _, rows in groups]),
        outcomes=np.stack([_filled(outcomes[rows], most) for _, rows in groups]),
    )
    images = start[columns.image].fillna("").to_numpy(str) if columns.image else np.full(len(groups), "")
    return VisitTable(visits, kinds, treatments, images)


def _check(name: str, days: np.ndarray, images: "pd.Series[Any] | None") -> None:
    if len(days) < 2:
        raise BadInput(f"Patient {name} has one visit only; a forecast is learned of two or more, so leave it out.")
    if images is not None and images.isna().iloc[0] and images.notna().any():
        at = days[int(images.notna().to_numpy().argmax())]
        raise BadInput(f"Patient {name} has a visit on day {days[0]:g}, before the first image on day {at:g}.")
    if (back := np.diff(days) <= 0).any():
        i = int(back.argmax())
        raise BadInput(
            f"The visits of patient {name} are out of order: day {days[i + 1]:g} stands after day {days[i]:g}."
        )


def _treatments(start: "pd.DataFrame", column: str) -> tuple[tuple[str, ...], np.ndarray]:
    if not column:
        return (UNTREATED,), np.zeros(len(start), np.int64)
    given = start[column].fillna(UNTREATED).astype(str).to_numpy()
    names, numbers = np.unique(given, return_inverse=True)
    return tuple(names.tolist()), numbers


def _filled(values: np.ndarray, visits: int) -> np.ndarray:
    padded = np.full((visits, *values.shape[1:]), np.nan, np.float32)
    padded[: len(values)] = values
    return padded


def split_by_patient(patients: int, shares: Sequence[float], seed: int) -> list[np.ndarray]:
    """Row numbers of so many patients divided by lot, in these shares of 1."""
    order = np.random.default_rng(seed).permutation(patients)
    return np.split(order, (np.cumsum(shares)[:-1] * patients).round().astype(int))

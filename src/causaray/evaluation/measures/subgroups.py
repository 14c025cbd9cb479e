"""Any measure by age, sex, view and cohort: is it as good for everybody?"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from causaray.evaluation.statistics.bootstrap import Estimate, Statistic, estimate
from causaray.evaluation.statistics.shuffling import shuffled

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN = "unknown"
AGES = {"0 to 17": 18, "18 to 39": 40, "40 to 59": 60, "60 to 79": 80, "80 and over": np.inf}
"""Band -> the age in years it ends below; the names sort as the ages do."""
COLUMNS = ("sex", "view", "cohort")
FEWEST = 10
"""Patients of a group that may stand at either end of the largest gap: fewer are shown, but would be it by chance."""
SHUFFLES = 100


def age_bands(ages: np.ndarray) -> np.ndarray:
    """Ages (N,) in years as the names of AGES: str (N,); UNKNOWN where NaN or below 0."""
    names = np.array([*AGES, UNKNOWN])
    band = np.digitize(ages, list(AGES.values()))
    return names[np.where(np.isfinite(ages) & (ages >= 0), band, len(AGES))]


def groupings(table: "pd.DataFrame") -> dict[str, np.ndarray]:
    """Attribute -> the group of each row of a `Cohort.table`: str (N,), UNKNOWN where it is missing or empty."""
    found = {"age": age_bands(table["age"].to_numpy(float))}
    for column in COLUMNS:
        found[column] = table[column].fillna("").astype(str).replace("", UNKNOWN).to_numpy(str)
    return found


def by_subgroup(
    statistic: Statistic, groups: Mapping[str, np.ndarray], patients: np.ndarray, seed: int = 0
) -> dict[str, Any]:
    """A measure in every group of every attribute, and the largest gap between two.

    statistic: row numbers -> figure, NaN where it cannot be told. groups: attribute -> group of each row, str (N,), as
    `groupings` gives them; patients (N,), whose each row is.

    Returns: attribute -> "groups": group -> its estimate, UNKNOWN last; "gap": the largest difference between two known
    groups of FEWEST patients, from "lowest" to "highest", with the interval of the difference of these two. They were
    chosen for it, so it is to be held against "by_chance", the mean of the largest gap when the groups are dealt out at
    random. None when there are not two such groups.
    """
    return {
        attribute: {
            "groups": {
                name: _within(statistic, group == name, patients, seed)
                for name in [*_known(group), UNKNOWN]
                if name in group
            },
            "gap": _gap(statistic, group, patients, seed),
        }
        for attribute, group in groups.items()
    }


def _within(statistic: Statistic, inside: np.ndarray, patients: np.ndarray, seed: int) -> Estimate:
    members = np.flatnonzero(inside)
    return estimate(lambda rows: statistic(members[rows]), patients[members], 500, seed)


def _gap(statistic: Statistic, group: np.ndarray, patients: np.ndarray, seed: int) -> dict[str, Any] | None:
    def figures(group: np.ndarray, names: list[str]) -> np.ndarray:
        return np.array([statistic(np.flatnonzero(group == name)) for name in names])

    large = [name for name in _known(group) if len(np.unique(patients[group == name])) >= FEWEST]
    told = [name for name, figure in zip(large, figures(group, large), strict=True) if np.isfinite(figure)]
    if len(told) < 2:
        return None
    found = figures(group, told)
    lowest, highest = told[found.argmin()], told[found.argmax()]
    members = np.flatnonzero(np.isin(group, (lowest, highest)))
    high = group[members] == highest
    chance = [np.ptp(figures(shuffled(group, patients, seed + i), told)) for i in range(SHUFFLES)]
    return {
        "lowest": lowest,
        "highest": highest,
        **estimate(
            lambda rows: statistic(members[rows[high[rows]]]) - statistic(members[rows[~high[rows]]]),
            patients[members], 500, seed,
        ),
        "by_chance": float(np.nanmean(chance)),
    }  # fmt: skip


def _known(group: np.ndarray) -> list[str]:
    return [str(name) for name in np.unique(group) if name != UNKNOWN]

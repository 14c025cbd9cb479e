import numpy as np
import pandas as pd
import pytest

from causaray.evaluation.measures.subgroups import age_bands, by_subgroup, groupings
from causaray.evaluation.statistics.auroc import auroc
from causaray.evaluation.statistics.bootstrap import Statistic


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def mean_over(values: np.ndarray) -> Statistic:
    return lambda rows: float(values[rows].mean())


def test_ages_fall_into_bands_and_missing_is_a_band_of_its_own() -> None:
    ages = np.array([0, 17.9, 18, 59, 60, 95, np.nan, -1])
    expected = ["0 to 17", "0 to 17", "18 to 39", "40 to 59", "60 to 79", "80 and over", "unknown", "unknown"]
    assert age_bands(ages).tolist() == expected


def test_groupings_of_a_table_drop_no_row() -> None:
    table = pd.DataFrame({
        "age": [50, np.nan, 3], "sex": ["F", None, ""], "view": pd.array(["PA", pd.NA, "AP"], "string"),
        "cohort": ["nih", "nih", "kermany"],
    })  # fmt: skip
    found = {attribute: group.tolist() for attribute, group in groupings(table).items()}
    assert found == {
        "age": ["40 to 59", "unknown", "0 to 17"],
        "sex": ["F", "unknown", "unknown"],
        "view": ["PA", "unknown", "AP"],
        "cohort": ["nih", "nih", "kermany"],
    }


def test_groups_by_hand() -> None:
    values, sex = np.array([1.0, 0, 1, 1, 5]), np.array(["M", "M", "F", "F", "unknown"])
    found = by_subgroup(mean_over(values), {"sex": sex}, np.array(["a", "a", "b", "c", "d"]))["sex"]
    assert list(found["groups"]) == ["F", "M", "unknown"]
    assert {k: (v["value"], v["n"], v["patients"]) for k, v in found["groups"].items()} == {
        "F": (1, 2, 2), "M": (0.5, 2, 1), "unknown": (5, 1, 1)
    }  # fmt: skip
    assert found["gap"] is None, "too few patients to speak of a gap"


def test_a_gap_is_found_between_the_right_groups_and_only_where_there_is_one(rng: np.random.Generator) -> None:
    patients = np.repeat(np.arange(150), 2)
    view = np.repeat(np.tile(["AP", "PA", "L"], 50), 2)
    sex = np.repeat(rng.permutation(np.tile(["F", "M"], 75)), 2)
    values = rng.normal(size=300) + 1.5 * (view == "AP")
    found = by_subgroup(mean_over(values), {"view": view, "sex": sex}, patients)
    gap = found["view"]["gap"]
    assert gap["highest"] == "AP" and gap["n"] == 200 and gap["patients"] == 100
    groups = {name: one["value"] for name, one in found["view"]["groups"].items()}
    assert gap["value"] == pytest.approx(groups["AP"] - groups[gap["lowest"]]) == pytest.approx(1.5, abs=0.4)
    assert gap["low"] > 2 * gap["by_chance"] > 0
    assert found["sex"]["gap"]["low"] < 2 * found["sex"]["gap"]["by_chance"]


def test_unknown_and_small_groups_are_shown_but_make_no_gap(rng: np.random.Generator) -> None:
    group = np.array(["F"] * 20 + ["M"] * 20 + ["O"] * 3 + ["unknown"] * 20)
    values = np.concatenate([np.zeros(20), np.full(20, 0.1), np.full(3, 9), np.full(20, 7.0)])
    found = by_subgroup(mean_over(values), {"sex": group}, np.arange(63))["sex"]
    assert found["groups"]["O"]["value"] == 9 and found["groups"]["unknown"]["value"] == 7
    assert (found["gap"]["lowest"], found["gap"]["highest"]) == ("F", "M")
    assert found["gap"]["value"] == pytest.approx(0.1) == pytest.approx(found["gap"]["low"])


def test_any_statistic_of_rows_will_do(rng: np.random.Generator) -> None:
    truth, sex = np.tile([1, 0], 60), np.repeat(["F", "M", "O"], 40)
    score = truth * (sex == "F") + 0.1 * rng.random(120)
    truth[sex == "O"] = 0
    found = by_subgroup(lambda rows: auroc(truth[rows], score[rows]), {"sex": sex}, np.arange(120))["sex"]
    assert found["groups"]["F"]["value"] == 1 and found["groups"]["M"]["value"] < 0.75
    assert np.isnan(found["groups"]["O"]["value"]), "without positives there is nothing to tell"
    assert (found["gap"]["lowest"], found["gap"]["highest"]) == ("M", "F")

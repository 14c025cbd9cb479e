"""Cells as public tables write them."""

import pytest

from causaray.cohorts.values import FOLDS, SPLITS, read_age, read_open, read_part, read_sex, read_time
from causaray.errors import BadInput


@pytest.mark.parametrize(
    ("text", "age"),
    [("65", 65), ("65.5", 65.5), ("058Y", 58), ("006M", 0.5), ("0", 0), ("411", None), ("?", None), (None, None)],
)
def test_age(text: str | None, age: float | None) -> None:
    assert read_age(text) == age


@pytest.mark.parametrize(
    ("text", "time"),
    [("3", 3), ("-61", -61), ("0", 0), ("2.5", 2.5), ("?", None), ("", None), (None, None), ("nan", None)],
)
def test_time(text: str | None, time: float | None) -> None:
    assert read_time(text) == time


def test_dates_keep_their_distance() -> None:
    late, early = read_time("21800301"), read_time("21800228")
    assert late is not None and early is not None and late - early == 2  # 2180 is a leap year


@pytest.mark.parametrize(("text", "sex"), [("f", "F"), ("Female", "F"), ("M", "M"), ("Unknown", None), (None, None)])
def test_sex(text: str | None, sex: str | None) -> None:
    assert read_sex(text) == sex


@pytest.mark.parametrize(("text", "split"), [("Train", "train"), ("validate", "val"), ("test", "test"), (None, None)])
def test_split(text: str | None, split: str | None) -> None:
    assert read_part(text, SPLITS, "split", "row 2") == split


def test_unknown_part_is_refused() -> None:
    with pytest.raises(BadInput, match=r"'A' is no fold \(row 2 of t.csv\); it should be one of guide, judge"):
        read_part("A", FOLDS, "fold", "row 2 of t.csv")


@pytest.mark.parametrize(
    ("flag", "licence", "is_open"),
    [
        ("True", None, True),
        ("False", "CC0", False),
        (None, "CC BY 4.0", True),
        (None, "CC BY-SA", True),
        (None, "CC BY-NC-SA 4.0", False),
        (None, "CC BY-ND", False),
        (None, "listed as authorized for everyone", False),
        (None, None, False),
    ],
)
def test_open(flag: str | None, licence: str | None, is_open: bool) -> None:
    assert read_open(flag, licence) is is_open

"""The real cohorts: the counts their README states, no patient on two sides, and pixels that survive preparing."""

import os
from pathlib import Path

import numpy as np
import pytest

from causaray.cohorts import prepare, read_studies
from causaray.study import Study

SHARED = Path(os.environ.get("CAUSARAY_SHARED", Path(__file__).parents[3] / "shared"))
DATA = (SHARED / "data").resolve()  # studies say where their image is, links followed
COUNTS = {"nih": (1064, 115, 174), "kermany": (3920, 429, 649), "hannover": (131, 15, 48), "covid": (358, 45, 50)}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real cohorts in {DATA} (set CAUSARAY_SHARED)")


@pytest.fixture(scope="module", params=COUNTS)
def studies(request: pytest.FixtureRequest) -> list[Study]:
    return read_studies(DATA / request.param)


def test_counts(studies: list[Study]) -> None:
    splits = [study.split for study in studies]
    assert tuple(splits.count(name) for name in ("train", "val", "test")) == COUNTS[studies[0].cohort]


def test_no_patient_is_on_two_sides(studies: list[Study]) -> None:
    sides = {(study.patient, study.split, study.fold) for study in studies}
    assert len(sides) == len({study.patient for study in studies})
    assert {fold for _, split, fold in sides if split == "train"} == {"guide", "judge"}
    assert {fold for _, split, fold in sides if split != "train"} == {""}


def test_only_what_may_be_is_open(studies: list[Study]) -> None:
    expected = 8 if studies[0].cohort == "covid" else len(studies)
    assert sum(study.open for study in studies) == expected


def test_follow_ups_have_an_order(studies: list[Study]) -> None:
    timed = {study.time for study in studies} - {None}
    assert bool(timed) == (studies[0].cohort != "kermany")


def test_prepared_equals_read_and_squared(tmp_path: Path) -> None:
    cohort = prepare(DATA / "hannover", tmp_path / "hannover", size=64)
    studies = read_studies(DATA / "hannover")
    for i in range(0, len(studies), 20):
        np.testing.assert_array_equal(cohort.pixels[i], np.rint(studies[i].scan().square(64).pixels * 255))
        assert cohort.study(i) == studies[i]

"""Splits: by patient, stable, and never against the table's own."""

from pathlib import Path

import pytest

from causaray.cohorts.splits import SPLIT_SHARES, complete_parts, split_patients
from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.study import Study

PATIENTS = [f"p{i}" for i in range(3000)]


def _study(image: str, patient: str, split: str | None = None, fold: str = "") -> Study:
    return Study(Path(image), Findings(), patient, "made", split=split, fold=fold)


def test_shares_are_met_and_other_patients_do_not_matter() -> None:
    parts = split_patients(PATIENTS)
    for name, share in SPLIT_SHARES.items():
        assert list(parts.values()).count(name) / len(PATIENTS) == pytest.approx(share, abs=0.02)
    assert split_patients(PATIENTS[:7]) == {patient: parts[patient] for patient in PATIENTS[:7]}


def test_seed_changes_the_draw() -> None:
    assert split_patients(PATIENTS, seed=1) != split_patients(PATIENTS, seed=2)


@pytest.mark.parametrize("shares", [{}, {"train": 0.5}, {"train": 1.5, "test": -0.5}])
def test_shares_must_be_shares(shares: dict[str, float]) -> None:
    with pytest.raises(BadInput, match="sum to 1"):
        split_patients(PATIENTS, shares)


def test_given_parts_stay_and_spread_over_the_patient() -> None:
    studies = [_study("a", "p1", "val"), _study("b", "p1"), _study("c", "p2", "train", "judge"), _study("d", "p2")]
    parts = [(study.split, study.fold) for study in complete_parts(studies, "t.csv")]
    assert parts == [("val", ""), ("val", ""), ("train", "judge"), ("train", "judge")]


def test_what_is_not_given_is_drawn_by_patient() -> None:
    studies = complete_parts([_study(f"{p}-{i}", p) for p in PATIENTS[:200] for i in (1, 2)], "t.csv")
    of_patient = {(study.patient, study.split, study.fold) for study in studies}
    assert len(of_patient) == 200
    assert {(split, fold) for _, split, fold in of_patient} == {
        ("train", "guide"),
        ("train", "judge"),
        ("val", ""),
        ("test", ""),
    }


def test_patient_in_two_parts_is_refused_and_not_named() -> None:
    for one, two in (({"split": "train"}, {"split": "test"}), ({"fold": "guide"}, {"fold": "judge"})):
        with pytest.raises(BadInput, match=r"a\.png is in .* and b\.png in .* of t\.csv") as error:
            complete_parts([_study("a.png", "secret", **one), _study("b.png", "secret", **two)], "t.csv")
        assert "secret" not in str(error.value)

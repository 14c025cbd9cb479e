"""Columns: guessed for the public tables, said in YAML for others."""

from pathlib import Path
from typing import Any

import pytest

from causaray.cohorts import Columns
from causaray.errors import BadInput

NIH = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Sex,View Position,OriginalImage[Width"
CHEXPERT = "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Lung Opacity,Pleural Effusion,Support Devices"
MIMIC = "dicom_id,subject_id,study_id,ViewPosition,StudyDate,split,Edema,Pleural Other"
TABLE = Path("t.csv")


def _completed(header: str, **said: object) -> dict[str, Any]:
    full = Columns.model_validate(said).complete(header.split(","), TABLE)
    return {name: value for name, value in full if value}


def test_nih() -> None:
    assert _completed(NIH) == {
        "image": "Image Index",
        "patient": "Patient ID",
        "findings": "Finding Labels",
        "view": "View Position",
        "age": "Patient Age",
        "sex": "Patient Sex",
        "time": "Follow-up #",
    }


def test_chexpert() -> None:
    full = _completed(CHEXPERT)
    assert (full["image"], full["view"]) == ("Path", "AP/PA")
    assert full["patient_pattern"].search("CheXpert/train/patient00001/study1/view1_frontal.jpg")[1] == "patient00001"
    names = ("No Finding", "Lung Opacity", "Pleural Effusion", "Support Devices")
    assert full["findings"] == {name: name for name in names}


def test_mimic() -> None:
    full = _completed(MIMIC)
    assert (full["image"], full["patient"], full["time"]) == ("dicom_id", "subject_id", "StudyDate")
    assert full["findings"] == {"Edema": "Edema", "Pleural Other": "Pleural Other"}


def test_what_is_said_wins_and_null_is_not_read() -> None:
    full = _completed(NIH, patient="Image Index", sex=None, findings=None)
    assert full["patient"] == "Image Index"
    assert not {"sex", "findings"} & set(full)


@pytest.mark.parametrize(
    ("header", "said", "message"),
    [
        ("image,patient", {"view": "projection"}, "no column 'projection': the columns of t.csv are image, patient"),
        ("image,patient", {"findings": {"Effusion": "eff"}}, "no column 'eff'"),
        ("scan,patient", {}, "map `image`.*: the columns of t.csv are scan, patient"),
        ("image,person", {}, "map `patient`.*: the columns of t.csv are image, person"),
    ],
)
def test_missing_columns_list_what_is_there(header: str, said: dict[str, object], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        _completed(header, **said)


def test_yaml(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text("image: file\npatient_pattern: '^(.*)_'\nfindings: {effusion: eff}\nlabels: {lungs ok: normal}\n")
    columns = Columns.from_yaml(path)
    assert columns.findings == {"Pleural Effusion": "eff"}
    assert columns.labels == {"lungs ok": "No Finding"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("images: file", "images in the column mapping .*mapping.yaml.*the keys are image, patient"),
        ("patient_pattern: patient", "one group"),
        ("labels: {a: gibberish}", "gibberish"),
        ("- image", "mapping.yaml"),
        ("{", "Cannot read the column mapping"),
    ],
)
def test_wrong_yaml(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(text)
    with pytest.raises(BadInput, match=message):
        Columns.from_yaml(path)

"""Patients of DICOM files that come without a table."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.uid import DigitalXRayImageStorageForPresentation

from causaray.cohorts import prepare, read_studies

ENCODINGS = {"implicit": (True, True), "explicit": (False, True), "big endian": (False, False)}


def _write(path: Path, encoding: str, **elements: object) -> None:
    """A radiograph without preamble, File Meta Information and transfer syntax."""
    implicit, little = ENCODINGS[encoding]
    pixels = np.random.default_rng(len(path.name)).integers(0, 4096, (48, 40)).astype("<u2" if little else ">u2")
    dataset = Dataset()
    standard = {
        **{"SOPClassUID": DigitalXRayImageStorageForPresentation, "SOPInstanceUID": "1.2.3", "Modality": "DX"},
        **{"PhotometricInterpretation": "MONOCHROME2", "SamplesPerPixel": 1, "Rows": 48, "Columns": 40},
        **{"BitsAllocated": 16, "BitsStored": 12, "HighBit": 11, "PixelRepresentation": 0},
    }
    for keyword, value in (standard | elements).items():
        setattr(dataset, keyword, value)
    dataset.add_new("PixelData", "OW", pixels.tobytes())
    dataset.save_as(path, implicit_vr=implicit, little_endian=little)


@pytest.fixture(params=ENCODINGS)
def study(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Three files of two patients."""
    folder = tmp_path / "study"
    folder.mkdir()
    for name, patient in {"CHEST0.dcm": "P1", "CHEST1.dcm": "P1", "IM2": "P2"}.items():
        said = {"PatientID": patient, "PatientSex": "F", "PatientAge": "061Y", "ViewPosition": "AP"}
        _write(folder / name, request.param, StudyDate="20200102", **said)
    return folder


def test_files_without_preamble_keep_patient_and_view(study: Path, tmp_path: Path) -> None:
    studies = read_studies(study)
    assert [one.patient for one in studies] == ["P1", "P1", "P2"]
    assert {(one.view, one.sex, one.age) for one in studies} == {("AP", "F", 61.0)}
    cohort = prepare(study, tmp_path / "out", size=32)
    assert cohort.cards[0]["counts"]["patients"] == 2
    assert cohort.table["split"][0] == cohort.table["split"][1]


def test_what_is_no_dicom_is_its_own_patient(study: Path) -> None:
    (study / "z.dcm").write_bytes(b"no image")
    (study / "y.dcm").write_bytes(bytes(128) + b"DICM" + b"\xff" * 200)
    assert [one.patient for one in read_studies(study)][-2:] == ["y.dcm", "z.dcm"]

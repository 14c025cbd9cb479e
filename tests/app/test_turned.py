"""`edit` of films whose header says how they lie, or that they are lateral."""

import json
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread

import causaray
from causaray.errors import BadInput

pytestmark = pytest.mark.usefixtures("judge")


def rewritten(dicom: Path, name: str, mirror: bool = False, **elements) -> Path:
    """A copy of a DICOM file with other elements, its rows turned round where it is to be mirrored."""
    dataset = dcmread(dicom)
    if mirror:
        dataset.PixelData = np.ascontiguousarray(dataset.pixel_array[:, ::-1]).tobytes()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    dataset.save_as(dicom.parent / name)
    return dicom.parent / name


@pytest.mark.parametrize("said", [{"PatientOrientation": ["R", "F"]}, {"FieldOfViewHorizontalFlip": "YES"}])
def test_a_mirrored_film_is_edited_as_the_film_is_and_the_record_says_so(dicom, editor_folder, tmp_path, said):
    mirrored = rewritten(dicom, "mirrored.dcm", mirror=True, **said)
    made = causaray.edit([dicom, mirrored], "pneumonia", tmp_path / "out", weights=editor_folder)
    np.testing.assert_array_equal(made[0].factual.pixels, made[1].factual.pixels)
    np.testing.assert_array_equal(made[0].counterfactual.pixels, made[1].counterfactual.pixels)
    records = [
        json.loads((tmp_path / "out" / f"{name}-counterfactual.json").read_text()) for name in ("patient", "mirrored")
    ]
    assert [record["turned"] for record in records] == [None, "R\\F"]
    assert records[0]["where"] == records[1]["where"]
    assert list(dcmread(tmp_path / "out" / "mirrored-counterfactual.dcm").PatientOrientation) == ["L", "F"]


def a_view_code() -> list[Dataset]:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "R-10236", "SRT", "left lateral"
    return [code]


@pytest.mark.parametrize(
    "said",
    [
        {"ViewPosition": "XTABLE LATERAL"},
        {"ViewPosition": "LAT ERECT"},
        {"ViewPosition": "", "ViewCodeSequence": a_view_code()},
        {"ViewPosition": "", "PatientOrientation": ["P", "F"]},
    ],
)
def test_a_lateral_film_is_refused_wherever_it_says_so(dicom, editor_folder, said):
    with pytest.raises(BadInput, match="is a lateral film"):
        causaray.edit(rewritten(dicom, "side.dcm", **said), "pneumonia", weights=editor_folder)

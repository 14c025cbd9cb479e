"""What was measured of an edit, as a DICOM structured report."""

import subprocess
from shutil import which

import pytest
from pydicom import dcmread

import causaray
from causaray.app.cli import main

pytest.importorskip("highdicom")


def content(item, depth=0):
    """Every content item of a report by its name and value."""
    for one in item.get("ContentSequence", ()):
        name = one.ConceptNameCodeSequence[0].CodeMeaning if "ConceptNameCodeSequence" in one else ""
        value = one.get("TextValue") or one.get("UID")
        if "MeasuredValueSequence" in one:
            value = float(one.MeasuredValueSequence[0].NumericValue)
        yield name, value
        yield from content(one)


def test_it_says_what_the_record_says_and_belongs_to_the_image(dicom, editor_folder, judge, tmp_path):
    (made,) = causaray.edit(dicom, "pneumonia", tmp_path, weights=editor_folder, sr=True, keep_identity=True)
    image, report = dcmread(made.files[2]), dcmread(made.files[-1])
    assert made.files[-1].name == "patient-counterfactual-sr.dcm"
    assert report.StudyInstanceUID == image.StudyInstanceUID and report.PatientID == image.PatientID == "MRN-77"
    (evidence,) = report.CurrentRequestedProcedureEvidenceSequence
    assert (
        evidence.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == image.SOPInstanceUID
    )
    said = list(content(report))
    begin = said.index(("Tracking Identifier", "Pneumonia"))
    values = {name: value for name, value in said[begin : begin + 12] if name in ("before", "after", "change")}
    asked = made.record()["measured"]["Pneumonia"]
    assert (values["before"], values["after"]) == (asked["before"], asked["after"])
    assert values["change"] == pytest.approx(asked["after"] - asked["before"], abs=1e-6)
    assert ("Tracking Identifier", "Edema") in said, "what was not asked for, too"
    assert made.interpretation and ("Impression", made.interpretation) in said
    assert image.ImageComments.endswith(f". What changed: {made.interpretation}")
    assert report.SyntheticData == image.SyntheticData == "YES" and "SYNTHETIC" in report.SeriesDescription
    assert made.files[-1].read_bytes() == made.encoded("sr", keep_identity=True), "nothing of the present time"


@pytest.mark.skipif(which("dciodvfy") is None, reason="dciodvfy is not there")
def test_it_is_as_the_standard_has_it(png, editor_folder, judge, tmp_path):
    """Of a PNG, too, whose DICOM image is written then."""
    arguments = ["edit", str(png), "--prompt", "pneumonia", "--weights", str(editor_folder), "--sr"]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 0
    for name in ("patient-counterfactual.dcm", "patient-counterfactual-sr.dcm"):
        checked = subprocess.run(["dciodvfy", "-new", tmp_path / "out" / name], capture_output=True, text=True)
        newer = "(0008,001c)"  # Synthetic Data, of 2023, which dciodvfy does not know yet
        faults = [line for line in checked.stderr.splitlines() if line.startswith("Error") and newer not in line]
        assert not faults and ("EnhancedSR" in checked.stderr or "SCImage" in checked.stderr)

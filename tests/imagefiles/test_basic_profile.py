"""De-identification by DICOM's basic profile: an element of each action code, and what the library leaves to us."""

import shutil
import subprocess
import sys
import warnings

import pytest

pytest.importorskip("dicomanonymizer")
from made_images import BARE, a_dicom, bare, quarters
from pydicom import Dataset, dcmread
from pydicom.uid import RLELossless, generate_uid

from causaray.app.verbs.deidentify import deidentify
from causaray.errors import BadInput
from causaray.imagefiles import read_scan

SECRET = "Zyxwvut"
OLD = {name: generate_uid() for name in ("SOP", "Study", "Series", "Frame", "Source", "Procedure")}


def item(**elements) -> list[Dataset]:
    """A sequence of one item."""
    one = Dataset()
    for keyword, value in elements.items():
        setattr(one, keyword, value)
    return [one]


def reference(uid: str) -> list[Dataset]:
    return item(ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.1", ReferencedSOPInstanceUID=uid)


ELEMENTS = {
    # D: replaced
    "ClinicalTrialSponsorName": SECRET,
    "PersonIdentificationCodeSequence": item(CodeMeaning=SECRET),
    # Z: emptied
    "PatientName": f"{SECRET}^Quentin",
    "PatientSex": "M",
    "StudyDate": "19990704",
    "AccessionNumber": SECRET,
    # X: removed
    "InstitutionAddress": SECRET,
    "StudyDescription": SECRET,
    "AdmittingDate": "19990703",
    "RequestAttributesSequence": item(ScheduledProcedureStepDescription=SECRET),
    "DigitalSignaturesSequence": item(CertificateOfSigner=SECRET.encode()),
    # U: replaced alike
    "SOPInstanceUID": OLD["SOP"],
    "StudyInstanceUID": OLD["Study"],
    "SeriesInstanceUID": OLD["Series"],
    "FrameOfReferenceUID": OLD["Frame"],
    # Z/D, X/Z, X/D, X/Z/D
    "PatientID": SECRET,
    "AcquisitionDate": "19990702",
    "AcquisitionContextSequence": item(TextValue=SECRET),
    "ReferencedStudySequence": reference(OLD["Study"]),
    "ProtocolName": SECRET,
    "SeriesDate": "19990705",
    "OperatorsName": SECRET,
    "InstitutionName": SECRET,
    "ReferencedPerformedProcedureStepSequence": reference(OLD["Procedure"]),
    # X/Z/U*: references to images are kept, with new UIDs
    "SourceImageSequence": reference(OLD["Source"]),
    # Not in the table: kept, but cleaned inside
    "AnatomicRegionSequence": item(CodeValue="51185008", CodeMeaning="Chest", PatientName=SECRET),
    "PixelSpacing": [0.4, 0.4],
    "ViewPosition": "PA",
}
REMOVED = [
    *("InstitutionAddress", "StudyDescription", "AdmittingDate", "RequestAttributesSequence"),
    "DigitalSignaturesSequence",
]


@pytest.fixture
def source(tmp_path):
    """Writes a radiograph with all of ELEMENTS, a private element, overlays, and something in its preamble."""

    def write(name: str = f"{SECRET}.dcm", **elements):
        dataset = a_dicom(quarters(1, 2, 3, 4), **ELEMENTS, **elements)
        dataset.private_block(0x0099, "VENDOR", create=True).add_new(1, "LO", SECRET)
        dataset.AnatomicRegionSequence[0].private_block(0x0099, "VENDOR", create=True).add_new(1, "LO", SECRET)
        dataset.add_new(0x60003000, "OW", SECRET.encode() + b" ")
        dataset.add_new(0x60004000, "LT", SECRET)
        dataset.add_new(0x00081F01, "LO", SECRET)  # of no dictionary
        dataset.file_meta.SourceApplicationEntityTitle = SECRET
        dataset.preamble = SECRET.encode().ljust(128)
        dataset.save_as(tmp_path / name, enforce_file_format=True)
        return tmp_path / name

    return write


@pytest.fixture
def cleaned(tmp_path, source):
    (file,) = deidentify(source(), tmp_path / "out")
    return dcmread(file)


def test_nothing_of_the_patient_is_left_anywhere(tmp_path, source):
    (file,) = deidentify(source(), tmp_path / "out")
    content = file.read_bytes()
    assert file.name == "image-0001.dcm"
    for secret in (SECRET, "Quentin", "1999070", *OLD.values()):
        assert secret.encode() not in content


def test_replaced_d(cleaned):
    assert cleaned.ClinicalTrialSponsorName == "ANONYMIZED"
    assert cleaned.PersonIdentificationCodeSequence[0].CodeMeaning == "ANONYMIZED"


def test_emptied_z(cleaned):
    assert (str(cleaned.PatientName), cleaned.PatientSex, cleaned.AccessionNumber) == ("", "", "")
    assert cleaned.StudyDate == "19000101"


def test_removed_x(cleaned):
    assert not [keyword for keyword in REMOVED if keyword in cleaned]
    assert not [element for element in cleaned.iterall() if element.tag.is_private]
    assert not [element for element in cleaned if element.tag.group == 0x6000]
    assert 0x00081F01 not in cleaned


def test_made_dummies_or_emptied_z_d_x_z_x_d_x_z_d(cleaned):
    assert cleaned.PatientID == cleaned.ProtocolName == cleaned.OperatorsName == cleaned.InstitutionName == "ANONYMIZED"
    assert cleaned.AcquisitionDate == cleaned.SeriesDate == "19000101"
    assert len(cleaned.AcquisitionContextSequence) == 0
    assert "ReferencedStudySequence" not in cleaned and "ReferencedPerformedProcedureStepSequence" not in cleaned


def test_kept_k(cleaned):
    assert (cleaned.Modality, cleaned.ViewPosition, list(cleaned.PixelSpacing)) == ("DX", "PA", [0.4, 0.4])
    assert (cleaned.pixel_array == quarters(1, 2, 3, 4)).all()
    (region,) = cleaned.AnatomicRegionSequence
    assert (region.CodeMeaning, str(region.PatientName)) == ("Chest", "")


def test_uids_are_replaced_alike_within_a_run_u(tmp_path, source):
    first = source("a.dcm")
    second = source("b.dcm")
    dataset = dcmread(second)
    dataset.SOPInstanceUID, dataset.SourceImageSequence = generate_uid(), reference(OLD["SOP"])
    dataset.save_as(second)
    one, other = (dcmread(file) for file in deidentify([first, second], tmp_path / "out"))
    assert one.StudyInstanceUID == other.StudyInstanceUID and one.SeriesInstanceUID == other.SeriesInstanceUID
    assert one.FrameOfReferenceUID == other.FrameOfReferenceUID
    assert one.SOPInstanceUID != other.SOPInstanceUID
    assert other.SourceImageSequence[0].ReferencedSOPInstanceUID == one.SOPInstanceUID
    assert other.SourceImageSequence[0].ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.1"
    assert one.file_meta.MediaStorageSOPInstanceUID == one.SOPInstanceUID


def test_it_says_what_was_done(cleaned):
    assert cleaned.PatientIdentityRemoved == "YES"
    assert "pixels were not searched for text" in cleaned.DeidentificationMethod
    (method,) = cleaned.DeidentificationMethodCodeSequence
    assert (method.CodeValue, method.CodingSchemeDesignator) == ("113100", "DCM")
    assert cleaned.LongitudinalTemporalInformationModified == "REMOVED"
    assert cleaned.preamble == bytes(128)


def test_compressed_pixels_stay_as_they_are(tmp_path, source):
    file = source()
    dataset = dcmread(file)
    dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.save_as(file)
    (cleaned,) = deidentify(file, tmp_path / "out")
    assert dcmread(cleaned).file_meta.TransferSyntaxUID == RLELossless
    assert dcmread(cleaned).PixelData == dataset.PixelData


def test_what_says_that_text_is_burned_in_is_pointed_out(tmp_path, source):
    plain, burned = source("a.dcm"), source("b.dcm", BurnedInAnnotation="YES")
    assert list(deidentify([plain, burned], tmp_path / "out").values()) == [False, True]


def test_a_bad_file_among_good_ones_is_refused_and_nothing_written(tmp_path, source):
    good, other, odd = source("a.dcm"), tmp_path / "b.dcm", source("c.dcm")
    other.write_text("no image")
    dataset = dcmread(odd)
    with warnings.catch_warnings(action="ignore"):
        del dataset[0x00100010]
        dataset.add_new(0x00100010, "OF", SECRET.encode() + b" ")
    dataset.save_as(odd)
    report = a_dicom(quarters(1, 2, 3, 4))
    del report.Rows
    report.save_as(tmp_path / "d.dcm", enforce_file_format=True)
    for bad in (other, odd, tmp_path / "d.dcm"):
        with pytest.raises(BadInput, match=rf"{bad.name} (is no DICOM file|is damaged|holds no image)") as refused:
            deidentify([good, bad], tmp_path / "out")
        assert SECRET not in str(refused.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("encoding", BARE)
def test_files_without_preamble(tmp_path, encoding):
    pixels = quarters(1, 2, 3, 4)
    (tmp_path / "in").mkdir()
    bare(tmp_path / "in" / "IM0001", encoding, pixels, InstitutionName=SECRET)
    bare(tmp_path / "in" / "IM0002", encoding, pixels, SOPClassUID=None, SOPInstanceUID=None)
    for file in deidentify(tmp_path / "in", tmp_path / "out"):
        assert (read_scan(file).pixels == read_scan(tmp_path / "in" / "IM0001").pixels).all()
        assert dcmread(file).PatientID != "MRN-77" and SECRET.encode() not in file.read_bytes()


def test_results_are_not_written_over_unasked(tmp_path, source):
    file = source()
    deidentify(file, tmp_path / "out")
    with pytest.raises(BadInput, match="is there already"):
        deidentify(file, tmp_path / "out")
    deidentify(file, tmp_path / "out", force=True)


def test_it_is_no_worse_an_object_than_before(tmp_path, source):
    """By dciodvfy of dicom3tools, where it is installed."""
    program = shutil.which("dciodvfy") or pytest.skip("dciodvfy is not installed (apt-get install dicom3tools)")

    def errors(file) -> set[str]:
        done = subprocess.run([program, file], capture_output=True, text=True)
        return {line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")}

    file = source()
    (cleaned,) = deidentify(file, tmp_path / "out")
    assert errors(cleaned) - errors(file) == set()


def test_without_the_library(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "dicomanonymizer", None)
    with pytest.raises(BadInput, match=r"pip install 'causaray\[deidentify\]'"):
        deidentify(tmp_path, tmp_path / "out")

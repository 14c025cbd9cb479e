import numpy as np
import pytest
from made_images import quarters
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from causaray.errors import BadInput
from causaray.imagefiles import burn_in, read_scan, write_dicom
from causaray.scan import Scan

SECRETS = {
    "PatientName": "Zyxwvut^Quentin",
    "PatientID": "MRN-8675309",
    "PatientBirthDate": "19470313",
    "AccessionNumber": "ACC424242",
    "InstitutionName": "St Elsewhere",
    "ReferringPhysicianName": "Grey^Meredith",
    "StudyDate": "20190704",
    "StudyTime": "131313",
    "StudyID": "ST-909",
    "StudyInstanceUID": "1.2.333.4444",
    "SOPInstanceUID": "1.2.333.55555",
    "SeriesInstanceUID": "1.2.333.66666",
    "StudyDescription": "Thorax pa Zyxwvut",
}
TYPE_1 = ["SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality", "ConversionType"]
TYPE_2 = [
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID"),
    *("AccessionNumber", "ReferringPhysicianName", "SeriesNumber", "InstanceNumber", "PatientOrientation"),
]
IMAGE = np.random.default_rng(3).random((80, 100), dtype=np.float32)


@pytest.fixture
def source(dicom_file) -> Scan:
    path = dicom_file(quarters(1, 2, 3, 4), **SECRETS)
    dataset = dcmread(path)
    block = dataset.private_block(0x0099, "VENDOR SECRET", create=True)
    block.add_new(1, "LO", "Zyxwvut private")
    dataset.save_as(path)
    return read_scan(path)


def write(path, source: Scan, scan: Scan | None = None, seed: int = 1, description: str = "a test", keep=False):
    scan = scan or Scan(IMAGE, spacing=(0.175, 0.175), view="PA")
    write_dicom(scan, path, derived_from=source, description=description, seed=seed, keep_identity=keep)
    return dcmread(path)


def test_pixels_spacing_and_view_come_back(tmp_path, source):
    write(tmp_path / "a.dcm", source)
    scan = read_scan(tmp_path / "a.dcm")
    np.testing.assert_allclose(scan.pixels, burn_in(IMAGE, "SYNTHETIC"), atol=0.501 / 4095)
    assert np.abs(scan.pixels - IMAGE)[:50].max() < 0.501 / 4095
    assert (scan.spacing, scan.view) == ((0.175, 0.175), "PA")


def test_a_dark_scan_stays_dark(tmp_path, source):
    write(tmp_path / "a.dcm", source, Scan(IMAGE / 10))
    assert read_scan(tmp_path / "a.dcm").pixels[:50].max() < 0.101


def test_it_is_a_marked_derived_secondary_capture(tmp_path, source):
    dataset = write(tmp_path / "a.dcm", source, description="Effusion added, moderate, left")
    assert dataset.SOPClassUID == dataset.file_meta.MediaStorageSOPClassUID == SecondaryCaptureImageStorage
    assert dataset.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
    assert list(dataset.ImageType) == ["DERIVED", "SECONDARY"]
    assert dataset.DerivationDescription == "Effusion added, moderate, left"
    assert dataset.BurnedInAnnotation == "YES"
    assert "SYNTHETIC" in dataset.SeriesDescription
    assert (dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit) == (16, 12, 11)
    assert dataset.PhotometricInterpretation == "MONOCHROME2"
    assert dataset.PixelData != write(tmp_path / "b.dcm", source, Scan(1 - IMAGE)).PixelData


def test_the_elements_a_secondary_capture_must_have_are_there(tmp_path, source):
    dataset = write(tmp_path / "a.dcm", source)
    assert all(dataset.get(keyword) for keyword in TYPE_1)
    assert all(keyword in dataset for keyword in TYPE_2)


def test_nothing_of_the_identity_is_in_the_file(tmp_path, source):
    dataset = write(tmp_path / "a.dcm", source)
    content = (tmp_path / "a.dcm").read_bytes()
    original = source.source.read_bytes()
    for value in [*SECRETS.values(), "Zyxwvut", "VENDOR", "Quentin"]:
        assert value.encode() in original and value.encode() not in content, value
    assert dataset.PatientName == "SYNTHETIC"
    assert dataset.PatientID.startswith("ANON-")
    assert not dataset.PatientBirthDate and not dataset.StudyDate
    assert dataset.PatientIdentityRemoved == "YES"
    assert not any(element.tag.is_private for element in dataset)


def test_the_identity_is_kept_when_asked(tmp_path, source):
    dataset = write(tmp_path / "a.dcm", source, keep=True)
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "StudyInstanceUID", "StudyDate", "AccessionNumber"):
        assert dataset[keyword].value == SECRETS[keyword]
    assert dataset.SourceImageSequence[0].ReferencedSOPInstanceUID == SECRETS["SOPInstanceUID"]
    assert dataset.SOPInstanceUID != SECRETS["SOPInstanceUID"]
    assert dataset.SeriesInstanceUID != SECRETS["SeriesInstanceUID"]
    assert "PatientIdentityRemoved" not in dataset
    assert "SYNTHETIC" in dataset.SeriesDescription
    assert not any(element.tag.is_private for element in dataset)


@pytest.mark.parametrize(("charset", "name"), [("ISO_IR 100", "Müller^Jörg"), ("ISO_IR 144", "Иванов^Иван")])
def test_a_kept_name_survives_its_character_set(tmp_path, dicom_file, charset, name):
    source = read_scan(dicom_file(quarters(1, 2, 3, 4), SpecificCharacterSet=charset, PatientName=name))
    assert write(tmp_path / "a.dcm", source, keep=True).PatientName == name


def test_the_same_call_gives_the_same_bytes(tmp_path, source):
    write(tmp_path / "a.dcm", source)
    write(tmp_path / "b.dcm", source)
    assert (tmp_path / "a.dcm").read_bytes() == (tmp_path / "b.dcm").read_bytes()


@pytest.mark.parametrize("change", [{"seed": 2}, {"scan": Scan(1 - IMAGE)}, {"description": "other"}, {"keep": True}])
def test_another_object_has_another_uid(tmp_path, source, change):
    first, second = write(tmp_path / "a.dcm", source), write(tmp_path / "b.dcm", source, **change)
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert first.SeriesInstanceUID != second.SeriesInstanceUID
    assert len({first.SOPInstanceUID, first.SeriesInstanceUID, first.StudyInstanceUID}) == 3
    assert first.SOPInstanceUID.is_valid


@pytest.mark.parametrize("keep", [False, True])
def test_the_source_need_not_be_a_dicom(tmp_path, keep):
    source = Scan(IMAGE, patient="P7")
    dataset = write(tmp_path / "a.dcm", source, Scan(1 - IMAGE), keep=keep)
    assert dataset.PatientName == "SYNTHETIC"
    assert (dataset.PatientID == "P7") is keep
    assert "PixelSpacing" not in dataset and "ViewPosition" not in dataset
    other = write(tmp_path / "b.dcm", Scan(IMAGE / 2), Scan(1 - IMAGE), keep=keep)
    assert other.SOPInstanceUID != dataset.SOPInstanceUID


def test_a_record_of_lossy_compression_is_passed_on(tmp_path, dicom_file):
    source = read_scan(dicom_file(quarters(1, 2, 3, 4), LossyImageCompression="01", LossyImageCompressionRatio=10))
    dataset = write(tmp_path / "a.dcm", source)
    assert (dataset.LossyImageCompression, dataset.LossyImageCompressionRatio) == ("01", 10)


def test_a_long_spacing_and_a_long_description_fit_their_elements(tmp_path, source):
    scan = Scan(IMAGE, spacing=(0.1 + 1 / 30_000_000, 1 / 3))
    dataset = write(tmp_path / "a.dcm", source, scan, description="x" * 5000)
    assert len(dataset.DerivationDescription) == 1024
    assert [float(side) for side in dataset.PixelSpacing] == pytest.approx(scan.spacing, rel=1e-9)


def test_an_unwritable_place_is_refused_and_nothing_left(tmp_path, source):
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BadInput, match=r"gone/a\.dcm cannot be written") as refused:
        write(tmp_path / "gone" / "a.dcm", source)
    assert "Zyxwvut" not in str(refused.value)
    assert sorted(tmp_path.rglob("*")) == before

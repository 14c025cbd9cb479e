import warnings

import numpy as np
import pytest
from made_images import BARE, a_dicom, bare, compress, quarters
from pydicom import Dataset, dcmread, uid
from pydicom.pixels.processing import convert_color_space

from causaray.imagefiles import read_scan

LOSSLESS = ["RLELossless", "JPEGLosslessProcess14", "JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless"]
ARRAYS = {
    "8 bits": (np.uint8, 8, 0, 255),
    "12 bits": (np.uint16, 12, 0, 4095),
    "16 bits": (np.uint16, 16, 0, 65535),
    "12 bits signed": (np.int16, 12, -2048, 2047),
    "16 bits signed": (np.int16, 16, -32768, 32767),
}


def texture(dtype, low: int, high: int, height: int = 40, width: int = 56) -> np.ndarray:
    """Smooth shading with noise over the whole range."""
    shade = np.add.outer(np.linspace(0, 0.5, height), np.linspace(0, 0.5, width))
    noisy = shade + np.random.default_rng(0).normal(0, 0.01, shade.shape)
    pixels = (low + noisy.clip(0, 1) * (high - low)).astype(dtype)
    pixels[0, 0], pixels[-1, -1] = low, high
    return pixels


@pytest.mark.parametrize("array", ARRAYS)
@pytest.mark.parametrize("syntax", LOSSLESS)
def test_lossless_compression_gives_the_very_same_scan(dicom_file, array, syntax):
    dtype, bits, low, high = ARRAYS[array]
    path = dicom_file(texture(dtype, low, high), BitsStored=bits)
    raw = read_scan(path)
    compress(path, syntax)
    np.testing.assert_array_equal(read_scan(path).pixels, raw.pixels)


@pytest.mark.parametrize(
    ("syntax", "bits"),
    [
        ("JPEGBaselineProcess1", 8),
        ("JPEGExtendedProcess2_4", 8),
        ("JPEGExtendedProcess2_4", 12),
        ("JPEG2000", 16),
        ("JPEGLSNearLossless", 16),
    ],
)
def test_lossy_compression_gives_nearly_the_same_scan(dicom_file, syntax, bits):
    dtype = np.uint8 if bits == 8 else np.uint16
    path = dicom_file(texture(dtype, 0, 2**bits - 1), BitsStored=bits)
    raw = read_scan(path)
    compress(path, syntax)
    scan = read_scan(path)
    assert np.abs(scan.pixels - raw.pixels).max() < 0.05
    assert np.corrcoef(scan.pixels.ravel(), raw.pixels.ravel())[0, 1] > 0.999


@pytest.mark.parametrize(
    "syntax", [uid.ImplicitVRLittleEndian, uid.ExplicitVRBigEndian, uid.DeflatedExplicitVRLittleEndian]
)
def test_other_native_encodings(dicom_file, tmp_path, syntax):
    pixels = texture(np.uint16, 0, 4095)
    expected = read_scan(dicom_file(pixels)).pixels
    dataset = a_dicom(pixels.astype(">u2") if syntax == uid.ExplicitVRBigEndian else pixels)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(tmp_path / "other.dcm", enforce_file_format=True)
    np.testing.assert_array_equal(read_scan(tmp_path / "other.dcm").pixels, expected)


@pytest.mark.parametrize("encoding", BARE)
@pytest.mark.parametrize(("dtype", "high"), [(np.uint16, 4095), (np.uint8, 255)])
def test_a_dicom_without_preamble_or_suffix(dicom_file, tmp_path, encoding, dtype, high):
    pixels = texture(dtype, 0, high)
    scan = read_scan(bare(tmp_path / "IM0001", encoding, pixels, ViewPosition="AP"))
    np.testing.assert_array_equal(scan.pixels, read_scan(dicom_file(pixels)).pixels)
    assert (scan.patient, scan.view) == ("MRN-77", "AP")


@pytest.mark.parametrize("syntax", [uid.ImplicitVRLittleEndian, uid.ExplicitVRBigEndian, uid.ExplicitVRLittleEndian])
def test_a_dicom_that_does_not_say_its_transfer_syntax(dicom_file, tmp_path, syntax):
    pixels = texture(np.uint16, 0, 4095)
    big = syntax == uid.ExplicitVRBigEndian
    dataset = a_dicom(pixels.astype(">u2") if big else pixels)
    del dataset.file_meta.TransferSyntaxUID
    dataset.save_as(tmp_path / "a.dcm", implicit_vr=syntax.is_implicit_VR, little_endian=not big)
    np.testing.assert_array_equal(read_scan(tmp_path / "a.dcm").pixels, read_scan(dicom_file(pixels)).pixels)


def test_what_the_header_tells(dicom_file):
    path = dicom_file(quarters(1, 2, 3, 4), ViewPosition="AP", ImagerPixelSpacing=[0.2, 0.2])
    scan = read_scan(str(path))
    assert (scan.view, scan.spacing, scan.patient, scan.source) == ("AP", (0.2, 0.2), "MRN-77", path)
    assert scan.header is not None
    assert scan.header.PatientName == "Doe^Jane" and "PixelData" not in scan.header


def test_what_the_header_does_not_tell_is_none(dicom_file):
    scan = read_scan(dicom_file(quarters(1, 2, 3, 4), PatientID="", PixelSpacing=None, ViewPosition=""))
    assert (scan.view, scan.spacing, scan.patient) == (None, None, None)


@pytest.mark.parametrize("modality", ["CR", "DX", "DR", "RG", "OT", "SC", "", None])
def test_radiographs_and_unstated_modalities_are_read(dicom_file, modality):
    assert read_scan(dicom_file(quarters(1, 2, 3, 4), Modality=modality)).pixels.shape == (64, 64)


def test_grey_stored_in_colour_is_read(dicom_file):
    grey = texture(np.uint8, 0, 255)
    rgb = np.stack([grey] * 3, axis=2)
    ybr = convert_color_space(rgb, "RGB", "YBR_FULL")
    for pixels, photometric in [(rgb, "RGB"), (ybr, "YBR_FULL")]:
        scan = read_scan(dicom_file(pixels, PhotometricInterpretation=photometric))
        np.testing.assert_allclose(scan.pixels, grey / 255, atol=1e-6)


def palette(red: np.ndarray, green: np.ndarray, blue: np.ndarray) -> dict[str, object]:
    names = {"Red": red, "Green": green, "Blue": blue}
    data = {f"{name}PaletteColorLookupTableData": table.astype("<u2").tobytes() for name, table in names.items()}
    return data | {f"{name}PaletteColorLookupTableDescriptor": [256, 0, 16] for name in names}


def test_palettes(dicom_file, refusal):
    index, ramp = texture(np.uint8, 0, 255), np.arange(256) * 257
    grey = dicom_file(index, PhotometricInterpretation="PALETTE COLOR", **palette(ramp, ramp, ramp))
    np.testing.assert_allclose(read_scan(grey).pixels, index / 255, atol=1e-6)
    hot = dicom_file(index, PhotometricInterpretation="PALETTE COLOR", **palette(ramp, ramp // 2, ramp * 0))
    assert "colour image" in refusal(hot)


@pytest.mark.parametrize("modality", ["CT", "MR", "PT", "US", "MG", "XA", "NM"])
def test_other_modalities_are_refused_by_name(dicom_file, refusal, modality):
    assert f"is of modality {modality}," in refusal(dicom_file(quarters(1, 2, 3, 4), Modality=modality))


def test_several_frames_are_refused(dicom_file, refusal):
    pixels = quarters(1, 2, 3, 4)
    path = dicom_file(pixels, NumberOfFrames=2, PixelData=pixels.tobytes() * 2)
    assert "holds 2 frames" in refusal(path)


def test_colour_is_refused(dicom_file, refusal):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    assert "colour image" in refusal(dicom_file(pixels, PhotometricInterpretation="RGB"))


@pytest.mark.parametrize("value", [0, 1000])
@pytest.mark.parametrize("window", [{}, {"WindowCenter": 500, "WindowWidth": 2000}])
def test_a_blank_image_is_refused(dicom_file, refusal, value, window):
    assert "all one value" in refusal(dicom_file(quarters(*[value] * 4), **window))


def test_nothing_but_padding_is_refused(dicom_file, refusal):
    assert "all one value" in refusal(dicom_file(quarters(7, 7, 7, 7), PixelPaddingValue=7))


def test_a_small_image_is_refused(dicom_file, refusal):
    assert "is 64 x 31 pixels" in refusal(dicom_file(quarters(1, 2, 3, 4)[:31]))


def test_32_bits_are_refused(dicom_file, refusal):
    assert "stores 32 bits" in refusal(dicom_file(quarters(1, 2, 3, 4, dtype="u4")))


def test_a_dicom_without_pixels_is_refused(dicom_file, tmp_path, refusal):
    dataset = a_dicom(quarters(1, 2, 3, 4))
    del dataset.PixelData
    dataset.save_as(tmp_path / "report.dcm", enforce_file_format=True)
    assert "holds no image" in refusal(tmp_path / "report.dcm")


@pytest.mark.parametrize("syntax", [None, *LOSSLESS])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_a_file_cut_short_is_refused(dicom_file, refusal, syntax, share):
    path = dicom_file(texture(np.uint16, 0, 65535))
    if syntax:
        compress(path, syntax)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    message = refusal(path)
    assert "cut short" in message or "only part of one" in message or (share == 0.02 and "is no image" in message)


def test_spoiled_pixel_data_is_refused(dicom_file, refusal):
    path = dicom_file(texture(np.uint16, 0, 65535))
    compress(path, "JPEG2000Lossless")
    dataset = dcmread(path)
    dataset.PixelData = dataset.PixelData[:16] + bytes(len(dataset.PixelData) - 16)
    dataset.save_as(path)
    assert "(JPEG 2000 Image Compression (Lossless Only)) that cannot be decoded" in refusal(path)


def test_faults_in_the_header_are_not_quoted(tmp_path):
    dataset = a_dicom(quarters(1, 2, 3, 4))
    with warnings.catch_warnings(action="ignore"):
        dataset.add_new("StudyDate", "DA", "Doe, Jane")
        dataset.add_new("PatientID", "LO", "Doe " * 40)
        dataset.save_as(tmp_path / "odd.dcm", enforce_file_format=True)
    with warnings.catch_warnings(action="error"):
        read_scan(tmp_path / "odd.dcm")


def test_the_header_is_a_data_set(dicom_file):
    assert isinstance(read_scan(dicom_file(quarters(1, 2, 3, 4))).header, Dataset)

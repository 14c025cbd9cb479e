"""Pixel data that is not as its header says: read as it is, or refused in a sentence; never noise, never streaks."""

from io import BytesIO

import numpy as np
import pytest
from made_images import a_dicom, compress
from PIL import Image
from pydicom import dcmread, uid
from pydicom.encaps import encapsulate
from test_dicom_in import texture

from causaray.imagefiles import read_scan

GREY = texture(np.uint8, 0, 255)
DEEP = texture(np.uint16, 0, 4095)
COLOUR = np.stack([GREY] * 3, axis=2)
LOSSLESS = ["RLELossless", "JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless"]


@pytest.fixture
def lying(tmp_path, dicom_file):
    """A DICOM file of the pixels, compressed, with other elements than are true of it."""

    def make(pixels, syntax=None, said=None, **true):
        path = dicom_file(pixels, **true)
        if syntax:
            compress(path, syntax)
        dataset = dcmread(path)
        for keyword, value in (said or {}).items():
            setattr(dataset, keyword, value)
        dataset.save_as(path)
        return path

    return make


def encapsulated(path, stream: bytes, syntax=uid.JPEGBaseline8Bit, **said):
    """The same DICOM file with a stream in the place of its pixels."""
    dataset = dcmread(path)
    dataset.PixelData = encapsulate([stream])
    dataset["PixelData"].is_undefined_length = True
    dataset["PixelData"].VR = "OB"
    dataset.file_meta.TransferSyntaxUID = syntax
    for keyword, value in said.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path)
    return path


def saved(pixels: np.ndarray, **how) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, **how)
    return file.getvalue()


SAID_GREY = {"SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2"}


@pytest.mark.parametrize("syntax", [None, *LOSSLESS])
@pytest.mark.parametrize("said", [SAID_GREY, {"PhotometricInterpretation": "MONOCHROME2"}])
def test_three_equal_components_said_to_be_grey(lying, syntax, said):
    path = lying(COLOUR, syntax, said, PhotometricInterpretation="RGB")
    np.testing.assert_allclose(read_scan(path).pixels, GREY / 255, atol=0.02)


@pytest.mark.parametrize("syntax", [None, *LOSSLESS])
def test_planes_and_black_for_white_are_as_the_header_says(lying, syntax):
    said = {"SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME1"}
    planes = np.stack([GREY] * 3).tobytes()
    path = lying(COLOUR, syntax, said, PhotometricInterpretation="RGB", PlanarConfiguration=1, PixelData=planes)
    np.testing.assert_allclose(read_scan(path).pixels, 1 - GREY / 255, atol=0.02)


@pytest.mark.parametrize("said", [SAID_GREY, {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}])
@pytest.mark.parametrize(
    "how",
    [
        {"format": "JPEG", "quality": 95},
        {"format": "JPEG", "quality": 95, "progressive": True},
        {"format": "JPEG", "quality": 95, "keep_rgb": True},
        {"format": "JPEG2000", "no_jp2": True},
        {"format": "JPEG2000", "no_jp2": False},
    ],
)
def test_grey_in_the_colour_streams_of_other_programs(dicom_file, said, how):
    syntax = uid.JPEG2000 if how["format"] == "JPEG2000" else uid.JPEGBaseline8Bit
    path = encapsulated(dicom_file(GREY), saved(COLOUR, **how), syntax, **said)
    np.testing.assert_allclose(read_scan(path).pixels, GREY / 255, atol=0.05)


@pytest.mark.parametrize("syntax", [None, *LOSSLESS])
def test_true_colour_said_to_be_grey_is_refused(lying, refusal, syntax):
    noise = np.random.default_rng(0).integers(0, 256, (40, 56, 3), dtype=np.uint8)
    message = refusal(lying(noise, syntax, SAID_GREY, PhotometricInterpretation="RGB"))
    assert "colour image" in message or "is not as its header says" in message


@pytest.mark.parametrize("syntax", [None, *LOSSLESS])
def test_one_component_said_to_be_three(lying, syntax):
    said = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
    np.testing.assert_allclose(read_scan(lying(GREY, syntax, said)).pixels, GREY / 255, atol=0.02)


@pytest.mark.parametrize("syntax", ["RLELossless", "JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless"])
@pytest.mark.parametrize(
    "said", [{"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}, {"BitsStored": 16, "HighBit": 15}]
)
def test_another_precision_than_is_said(lying, dicom_file, syntax, said):
    right = read_scan(dicom_file(DEEP, BitsStored=12)).pixels
    np.testing.assert_allclose(read_scan(lying(DEEP, syntax, said, BitsStored=12)).pixels, right, atol=0.001)


@pytest.mark.parametrize("syntax", ["JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless"])
def test_values_of_12_bits_in_a_stream_of_16(lying, dicom_file, syntax):
    for dtype, low, high in ((np.uint16, 0, 4095), (np.int16, -2048, 2047)):
        pixels = texture(dtype, low, high)
        right = read_scan(dicom_file(pixels, BitsStored=12)).pixels
        path = lying(pixels, syntax, {"BitsStored": 12, "HighBit": 11}, BitsStored=16)
        np.testing.assert_allclose(read_scan(path).pixels, right, atol=0.001)


def test_a_window_of_12_bits_is_not_of_8(dicom_file):
    said = {"BitsAllocated": 16, "BitsStored": 12, "HighBit": 11, "WindowCenter": 2048, "WindowWidth": 4096}
    path = encapsulated(dicom_file(GREY), saved(GREY, format="JPEG", quality=95), **said)
    np.testing.assert_allclose(read_scan(path).pixels, GREY / 255, atol=0.1)


@pytest.mark.parametrize("syntax", ["JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless"])
@pytest.mark.parametrize("said", [{"Rows": 56, "Columns": 40}, {"Rows": 39}, {"Columns": 64}])
def test_another_size_than_is_said_is_refused(lying, refusal, syntax, said):
    assert "holds an image of 56 x 40 pixels, where its header says" in refusal(lying(DEEP, syntax, said))


@pytest.mark.parametrize("said", [{"Rows": 80}, {"Columns": 40}, {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}])
def test_uncompressed_data_of_another_length_is_refused(lying, refusal, said):
    large = texture(np.uint16, 0, 4095, 64, 64)
    assert "not as its header says: it holds 8192 bytes of pixels" in refusal(lying(large, None, said))


@pytest.mark.parametrize("said", [{"Rows": 80}, {"Rows": 33}, {"Columns": 33}])
def test_run_lengths_of_another_size_are_refused(lying, refusal, said):
    assert "holds 2240 pixels, where" in refusal(lying(DEEP, "RLELossless", said))


@pytest.mark.parametrize("syntax", LOSSLESS[1:])
def test_another_transfer_syntax_than_is_said(lying, dicom_file, tmp_path, syntax):
    right, dataset = read_scan(dicom_file(DEEP)).pixels, dcmread(lying(DEEP, syntax))
    for said in (uid.JPEGBaseline8Bit, uid.JPEG2000, uid.RLELossless, uid.ExplicitVRLittleEndian, None):
        if said is None:
            del dataset.file_meta.TransferSyntaxUID
        else:
            dataset.file_meta.TransferSyntaxUID = said
        dataset.save_as(tmp_path / "said.dcm", implicit_vr=False, little_endian=True, enforce_file_format=False)
        np.testing.assert_array_equal(read_scan(tmp_path / "said.dcm").pixels, right)


def test_uncompressed_data_said_to_be_compressed(dicom_file, tmp_path):
    path = dicom_file(DEEP)
    right, content = read_scan(path).pixels, path.read_bytes()
    told, lie = uid.ExplicitVRLittleEndian.encode(), b"1.2.840.10008.1.2.5"
    assert content.count(told) == 1 and len(told) == len(lie)
    path.write_bytes(content.replace(told, lie))
    np.testing.assert_array_equal(read_scan(path).pixels, right)


def test_a_kind_that_is_not_read_is_not_called_damaged(dicom_file, refusal):
    message = refusal(encapsulated(dicom_file(GREY), bytes(200), uid.MPEG2MPML))
    assert "of a kind that is not read" in message and "damaged" not in message


def test_four_values_a_pixel_are_refused(dicom_file, refusal):
    stream = saved(np.dstack([COLOUR, GREY]), format="JPEG2000", no_jp2=True)
    assert "holds 4 values a pixel" in refusal(encapsulated(dicom_file(GREY), stream, uid.JPEG2000))


def test_pixels_that_are_not_described_are_refused(dicom_file, refusal):
    dataset = a_dicom(DEEP)
    path = dicom_file(DEEP)
    del dataset.PhotometricInterpretation
    dataset.save_as(path)
    assert "(PhotometricInterpretation is missing)" in refusal(path)

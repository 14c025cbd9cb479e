import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from made_images import a_dicom, bands, quarters
from pydicom import DataElement, Dataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRBigEndian, RLELossless

from causaray.imagefiles import read_scan


def shown(dicom_file, pixels: np.ndarray, **elements) -> list[float]:
    return bands(read_scan(dicom_file(pixels, **elements)).pixels)


def a_lut(table: list[int], first: int, bits: int, data: str = "US") -> list[Dataset]:
    """A table as written: 16-bit words with the VR `data`, US, SS or OW."""
    words = np.array(table, dtype="u2")
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if first < 0 else "US", [len(table), first, bits])
    item.add_new("LUTData", data, {"US": table, "SS": words.view("i2").tolist(), "OW": words.tobytes()}[data])
    return [item]


def test_without_a_window_the_range_is_stretched(dicom_file):
    assert shown(dicom_file, quarters(100, 200, 300, 500)) == [0, 0.25, 0.5, 1]


def test_one_hot_pixel_does_not_darken_the_image(dicom_file):
    pixels = quarters(100, 200, 300, 500)
    pixels[0, 0] = 65535
    scan = read_scan(dicom_file(pixels))
    assert scan.pixels[0, 0] == 1
    assert scan.pixels[5, ::16].tolist() == [0, 0.25, 0.5, 1]


def test_a_few_bright_pixels_on_an_even_ground_are_still_an_image(dicom_file):
    pixels = np.zeros((64, 64), dtype="u2")
    pixels[10, 10:12] = 100, 200
    scan = read_scan(dicom_file(pixels))
    assert scan.pixels[10, 9:13].tolist() == [0, 0.5, 1, 0]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ({"WindowCenter": 200.5, "WindowWidth": 201}, [0, 0.5, 0.75, 1]),
        ({"WindowCenter": [200.5, 9], "WindowWidth": [201, 9]}, [0, 0.5, 0.75, 1]),
        ({"WindowCenter": 200, "WindowWidth": 400, "VOILUTFunction": "LINEAR_EXACT"}, [0.25, 0.5, 0.625, 1]),
        (
            {"WindowCenter": 200, "WindowWidth": 400, "VOILUTFunction": "SIGMOID"},
            [1 / (1 + math.e), 0.5, 1 / (1 + math.exp(-0.5)), 1 / (1 + math.exp(-8))],
        ),
    ],
)
def test_windows_as_the_standard_has_them(dicom_file, window, expected):
    assert shown(dicom_file, quarters(100, 200, 250, 1000), **window) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "window",
    [
        {"WindowCenter": 9000, "WindowWidth": 10},
        {"WindowCenter": 200, "WindowWidth": 0},
        {"WindowCenter": 200, "WindowWidth": None},
        {"WindowCenter": None, "WindowWidth": None},
        {"WindowCenter": 200},
        {"WindowCenter": "2047,5", "WindowWidth": "4095,0"},
        {"WindowCenter": "AUTO", "WindowWidth": "AUTO"},
        {"WindowCenter": 200, "WindowWidth": -100},
        {"WindowCenter": 200, "WindowWidth": "inf"},
        {"RescaleSlope": None, "RescaleIntercept": None},
        {"RescaleSlope": "1,0", "RescaleIntercept": "none"},
        {"RescaleSlope": 0, "RescaleIntercept": 0},
    ],
)
def test_a_window_that_shows_nothing_is_passed_over(dicom_file, window):
    with warnings.catch_warnings(action="ignore"):  # pydicom's, of what is written here
        path = odd(dicom_file(quarters(100, 200, 300, 500)), window)
    assert bands(read_scan(path).pixels) == [0, 0.25, 0.5, 1]


@pytest.mark.parametrize(
    "windows",
    [
        {"WindowCenter": ["AUTO", 200.5], "WindowWidth": ["AUTO", 201]},
        {"WindowCenter": [9000, 200.5], "WindowWidth": [10, 201]},
        {"WindowCenter": [200, 200.5], "WindowWidth": [0, 201]},
    ],
)
def test_the_first_window_that_can_be_used_is(dicom_file, windows):
    path = odd(dicom_file(quarters(100, 200, 250, 1000)), windows)
    assert bands(read_scan(path).pixels) == [0, 0.5, 0.75, 1]


def odd(path: Path, elements: dict) -> Path:
    """Add decimal strings to a DICOM file, whatever they are."""
    with path.open("rb") as file:
        dataset = dcmread(file)
        for keyword, value in elements.items():
            several = value if isinstance(value, list) else [value]
            text = "\\".join("" if one is None else str(one) for one in several)
            dataset[keyword] = RawDataElement(
                Tag(keyword), "DS", len(text) + len(text) % 2, text.encode() + b" " * (len(text) % 2), 0, False, True
            )
    dataset.save_as(path)
    return path


@pytest.mark.parametrize("function", [None, "LINEAR", "LINEAR_EXACT"])
@pytest.mark.parametrize("scale", [1, 2])
def test_a_window_of_fractions_is_exact(dicom_file, function, scale):
    elements = {"RescaleSlope": scale / 4095, "RescaleIntercept": 0, "VOILUTFunction": function}
    elements |= {"WindowCenter": scale / 2, "WindowWidth": scale}
    expected = [0, 1000 / 4095, 2000 / 4095, 1]
    assert shown(dicom_file, quarters(0, 1000, 2000, 4095), **elements) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("width", [1, 0.5, 1e-9])
def test_a_window_too_narrow_for_whole_values_is_passed_over(dicom_file, width):
    window = {"WindowCenter": 250, "WindowWidth": width}
    assert shown(dicom_file, quarters(100, 200, 300, 500), **window) == [0, 0.25, 0.5, 1]


def test_the_window_applies_to_rescaled_values(dicom_file):
    rescaled = {"RescaleSlope": 2, "RescaleIntercept": -1000, "WindowCenter": 0.5, "WindowWidth": 801}
    assert shown(dicom_file, quarters(300, 400, 500, 700), **rescaled) == pytest.approx([0, 0.25, 0.5, 1])


def test_a_negative_slope_turns_the_range_round(dicom_file):
    turned = shown(dicom_file, quarters(100, 200, 300, 500), RescaleSlope=-1, RescaleIntercept=4095)
    assert turned == [1, 0.75, 0.5, 0]


def test_a_modality_lut_comes_before_the_window(dicom_file):
    lut = a_lut([0, 10, 40, 100], first=7, bits=16)
    assert shown(dicom_file, quarters(0, 8, 9, 200), ModalityLUTSequence=lut) == pytest.approx([0, 0.1, 0.4, 1])


@pytest.mark.parametrize(("bits", "top"), [(8, 255), (9, 250), (16, 250)])
def test_a_voi_lut_is_preferred_to_a_window_whatever_its_depth(dicom_file, bits, top):
    lut = a_lut([min(index // 8, 250) for index in range(4096)], first=0, bits=bits)
    elements = {"VOILUTSequence": lut, "WindowCenter": 5, "WindowWidth": 5}
    expected = [0, 100 / top, 200 / top, 250 / top]
    assert shown(dicom_file, quarters(0, 800, 1600, 4000), **elements) == pytest.approx(expected)


def test_a_voi_lut_may_turn_black_to_white_and_starts_where_it_says(dicom_file):
    lut = a_lut([1000, 750, 500, 0], first=-1, bits=16)
    pixels = quarters(-500, 0, 1, 700, dtype="i2")
    assert shown(dicom_file, pixels, VOILUTSequence=lut) == pytest.approx([1, 0.75, 0.5, 0])


@pytest.mark.parametrize("data", ["US", "SS", "OW"])
def test_lut_data_is_unsigned_whatever_its_vr(dicom_file, data):
    lut = a_lut([0, 0x4000, 0x8000, 0xFFFF], first=10, bits=16, data=data)
    expected = [0, 0x4000 / 0xFFFF, 0x8000 / 0xFFFF, 1]
    assert shown(dicom_file, quarters(10, 11, 12, 13), VOILUTSequence=lut) == pytest.approx(expected)
    assert shown(dicom_file, quarters(10, 11, 12, 13), ModalityLUTSequence=lut) == pytest.approx(expected)


def a_high_lut(first: int) -> list[Dataset]:
    return a_lut([0, 100, 200, 400], first, bits=16)


@pytest.mark.parametrize("written", [-1000, 64536])
def test_the_first_value_of_a_voi_lut_is_signed_where_rescaled_values_may_be(dicom_file, written):
    rescaled = {"RescaleSlope": 1, "RescaleIntercept": -1024, "BitsStored": 12}
    pixels = quarters(24, 25, 26, 27)
    expected = pytest.approx([0, 0.25, 0.5, 1])
    assert shown(dicom_file, pixels, VOILUTSequence=a_high_lut(written), **rescaled) == expected


@pytest.mark.parametrize("written", [-25536, 40000])
def test_the_first_value_of_a_voi_lut_is_unsigned_where_rescaled_values_are(dicom_file, written):
    rescaled = {"RescaleSlope": 1, "RescaleIntercept": 32768}
    pixels = quarters(7232, 7233, 7234, 7235, dtype="i2")
    expected = pytest.approx([0, 0.25, 0.5, 1])
    assert shown(dicom_file, pixels, VOILUTSequence=a_high_lut(written), **rescaled) == expected


def test_the_first_value_of_a_modality_lut_is_signed_as_the_pixels_are(dicom_file):
    expected = pytest.approx([0, 0.25, 0.5, 1])
    signed, unsigned = quarters(-4, -3, -2, -1, dtype="i2"), quarters(65532, 65533, 65534, 65535)
    assert shown(dicom_file, signed, ModalityLUTSequence=a_high_lut(65532)) == expected
    assert shown(dicom_file, unsigned, ModalityLUTSequence=a_high_lut(-4)) == expected


def test_luts_of_a_big_endian_file(tmp_path):
    lut = a_lut([0, 0x4000, 0x8000, 0xFFFF], first=10, bits=16)
    lut[0]["LUTData"] = DataElement("LUTData", "OW", np.array(lut[0].LUTData, ">u2").tobytes())
    dataset = a_dicom(quarters(10, 11, 12, 13, dtype=">u2"), VOILUTSequence=lut)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset.save_as(tmp_path / "big.dcm", enforce_file_format=True)
    expected = [0, 0x4000 / 0xFFFF, 0x8000 / 0xFFFF, 1]
    assert bands(read_scan(tmp_path / "big.dcm").pixels) == pytest.approx(expected)


@pytest.mark.parametrize("fault", ["no data", "short descriptor", "all one value"])
def test_a_lut_that_shows_nothing_gives_way_to_the_window(dicom_file, fault):
    lut = a_lut([7, 7, 7] if fault == "all one value" else [1, 2, 3], first=0, bits=16)
    if fault == "no data":
        del lut[0].LUTData
    elif fault == "short descriptor":
        lut[0].LUTDescriptor = [3, 0]
    window = {"WindowCenter": 200.5, "WindowWidth": 201}
    assert shown(dicom_file, quarters(100, 200, 250, 1000), VOILUTSequence=lut, **window) == [0, 0.5, 0.75, 1]


def test_monochrome1_is_the_inverse(dicom_file):
    pixels = quarters(100, 200, 300, 500)
    assert shown(dicom_file, pixels, PhotometricInterpretation="MONOCHROME1") == [1, 0.75, 0.5, 0]


@pytest.mark.parametrize("bits", [12, 16])
def test_signed_values(dicom_file, bits):
    assert shown(dicom_file, quarters(-2000, -1000, 0, 2000, dtype="i2"), BitsStored=bits) == [0, 0.25, 0.5, 1]


@pytest.mark.parametrize(("stored", "high"), [(12, 15), (12, 13), (10, 15), (12, 11)])
@pytest.mark.parametrize("dtype", ["u2", "i2"])
def test_values_lie_below_the_high_bit_and_unused_bits_do_not_count(dicom_file, stored, high, dtype):
    values = quarters(-500, -250, 0, 500, dtype=dtype) if dtype == "i2" else quarters(0, 250, 500, 1000)
    below = high + 1 - stored
    unused = ((1 << below) - 1) | ~((1 << high + 1) - 1) & 0xFFFF
    noise = np.random.default_rng(0).integers(0, 2**16, values.shape, dtype="u2") & unused
    cells = (values.view("u2") << below) & ~np.uint16(unused) | noise
    pixels = cells.astype("u2").view(dtype)
    assert shown(dicom_file, pixels, BitsStored=stored, HighBit=high) == [0, 0.25, 0.5, 1]


@pytest.mark.parametrize("high", [40, 3])
def test_a_high_bit_that_cannot_be_is_passed_over(dicom_file, high):
    assert shown(dicom_file, quarters(0, 250, 500, 1000), BitsStored=12, HighBit=high) == [0, 0.25, 0.5, 1]


def test_left_justified_cells_that_were_compressed(dicom_file):
    path = dicom_file(quarters(0, 250, 500, 1000) << 4, BitsStored=12, HighBit=15)
    dataset = dcmread(path)
    dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.save_as(path)
    assert bands(read_scan(path).pixels) == [0, 0.25, 0.5, 1]


@pytest.mark.parametrize("share", [0.002, 0.01, 0.02])
def test_bright_letters_do_not_darken_the_image(dicom_file, share):
    pixels = np.tile(np.linspace(100, 4000, 100).astype("u2"), (100, 1))
    pixels[: int(share * 1000), :10] = 65535
    scan = read_scan(dicom_file(pixels))
    np.testing.assert_allclose(scan.pixels[50], np.linspace(0, 1, 100), atol=0.02)
    assert (scan.pixels[: int(share * 1000), :10] == 1).all()


def test_the_whole_16_bit_range(dicom_file):
    full = {"WindowCenter": 32768, "WindowWidth": 65536}
    expected = [0, 1 / 65535, 65534 / 65535, 1]
    assert shown(dicom_file, quarters(0, 1, 65534, 65535), **full) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    ("photometric", "expected"), [("MONOCHROME2", [0, 0, 0.5, 1]), ("MONOCHROME1", [0, 1, 0.5, 0])]
)
@pytest.mark.parametrize("padding", [0, 65535])
def test_padding_is_black_and_takes_no_part(dicom_file, padding, photometric, expected):
    elements = {"PixelPaddingValue": padding, "PhotometricInterpretation": photometric}
    assert shown(dicom_file, quarters(padding, 1000, 1100, 1200), **elements) == expected


def test_a_range_of_padding(dicom_file):
    elements = {"PixelPaddingValue": 0, "PixelPaddingRangeLimit": 20}
    assert shown(dicom_file, quarters(20, 1000, 1100, 1200), **elements) == [0, 0, 0.5, 1]

import math

import numpy as np
import pytest
from made_images import bands, quarters
from pydicom import Dataset

from causaray.imagefiles import read_scan


def shown(dicom_file, pixels: np.ndarray, **elements) -> list[float]:
    return bands(read_scan(dicom_file(pixels, **elements)).pixels)


def a_lut(table: list[int], first: int, bits: int) -> list[Dataset]:
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if first < 0 else "US", [len(table), first, bits])
    item.add_new("LUTData", "US", table)
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
    ],
)
def test_a_window_that_shows_nothing_is_passed_over(dicom_file, window):
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


@pytest.mark.parametrize("bits", [8, 16])
def test_a_voi_lut_is_preferred_to_a_window_whatever_its_depth(dicom_file, bits):
    lut = a_lut([min(index // 8, 250) for index in range(4096)], first=0, bits=bits)
    elements = {"VOILUTSequence": lut, "WindowCenter": 5, "WindowWidth": 5}
    assert shown(dicom_file, quarters(0, 800, 1600, 4000), **elements) == pytest.approx([0, 0.4, 0.8, 1])


def test_a_voi_lut_may_turn_black_to_white_and_starts_where_it_says(dicom_file):
    lut = a_lut([1000, 750, 500, 0], first=-1, bits=10)
    pixels = quarters(-500, 0, 1, 700, dtype="i2")
    assert shown(dicom_file, pixels, VOILUTSequence=lut) == pytest.approx([1, 0.75, 0.5, 0])


def test_monochrome1_is_the_inverse(dicom_file):
    pixels = quarters(100, 200, 300, 500)
    assert shown(dicom_file, pixels, PhotometricInterpretation="MONOCHROME1") == [1, 0.75, 0.5, 0]


@pytest.mark.parametrize("bits", [12, 16])
def test_signed_values(dicom_file, bits):
    assert shown(dicom_file, quarters(-2000, -1000, 0, 2000, dtype="i2"), BitsStored=bits) == [0, 0.25, 0.5, 1]


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

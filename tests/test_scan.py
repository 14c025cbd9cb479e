from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset

from causaray.errors import BadInput
from causaray.scan import Scan


def ramp(height: int, width: int) -> np.ndarray:
    return np.linspace(0, 1, height * width, dtype=np.float32).reshape(height, width)


def spoiled(value: float) -> np.ndarray:
    pixels = ramp(40, 40)
    pixels[3, 4] = value
    return pixels


@pytest.mark.parametrize(
    ("pixels", "said"),
    [
        (ramp(31, 40), "is 40 x 31 pixels"),
        (ramp(40, 31), "is 31 x 40 pixels"),
        (ramp(40, 120).reshape(40, 40, 3), "has 3 dimensions"),
        (spoiled(np.nan), "NaN or infinite"),
        (spoiled(np.inf), "NaN or infinite"),
        (spoiled(1.5), "from 0 to 1.5"),
        (spoiled(-0.5), "from -0.5 to 1"),
        (ramp(40, 40) * 255, "from 0 to 255"),
        (np.zeros((40, 40)), "all one value"),
        (np.full((40, 40), 0.7), "all one value"),
        (np.empty((0, 40)), "is 40 x 0 pixels"),
    ],
)
def test_pixels_that_break_the_contract_are_refused_in_one_sentence(pixels, said):
    with pytest.raises(BadInput) as refusal:
        Scan(pixels, source=Path("chest.png"))
    message = str(refusal.value)
    assert message.startswith("chest.png ") and said in message and message.endswith(".")


def test_the_smallest_image_is_accepted_and_becomes_float32():
    scan = Scan(ramp(32, 32).astype(np.float64))
    assert scan.pixels.dtype == np.float32
    np.testing.assert_array_equal(scan.pixels, ramp(32, 32))


def test_a_scan_does_not_print_who_it_is_of():
    header = Dataset()
    header.PatientName = "Doe^Jane"
    text = repr(Scan(ramp(40, 40), patient="MRN-77", header=header, view="PA"))
    assert "PA" in text and "MRN-77" not in text and "Doe" not in text


@pytest.mark.parametrize(("shape", "rows", "columns"), [((80, 40), (0, 64), (16, 48)), ((40, 80), (16, 48), (0, 64))])
def test_square_keeps_the_aspect_and_centres_on_black(shape, rows, columns):
    square = Scan(ramp(*shape) / 2 + 0.5).square(64)
    inside = np.zeros((64, 64), dtype=bool)
    inside[slice(*rows), slice(*columns)] = True
    assert (square.pixels[~inside] == 0).all()
    assert square.pixels[inside].min() > 0.45


def test_square_rescales_the_spacing_and_keeps_the_rest():
    scan = Scan(ramp(80, 40), spacing=(0.2, 0.1), view="AP", patient="7", source=Path("a.png"))
    square = scan.square(160)
    assert square.spacing == pytest.approx((0.1, 0.05))
    assert (square.view, square.patient, square.source) == ("AP", "7", Path("a.png"))
    assert Scan(ramp(80, 40)).square(160).spacing is None


def test_square_of_a_square_of_that_size_changes_nothing():
    np.testing.assert_array_equal(Scan(ramp(48, 48)).square(48).pixels, ramp(48, 48))


def test_shrinking_averages_instead_of_skipping_pixels():
    lines = np.zeros((256, 256), dtype=np.float32)
    lines[:, ::2] = 1
    inner = Scan(lines).square(32).pixels[4:-4, 4:-4]
    np.testing.assert_allclose(inner, 0.5, atol=0.02)


def test_enlarging_a_hard_edge_stays_in_range():
    edge = np.zeros((40, 40), dtype=np.float32)
    edge[:, 20:] = 1
    square = Scan(edge).square(160).pixels
    assert square.min() == 0 and square.max() == 1


def test_square_refuses_a_size_below_the_contract():
    with pytest.raises(BadInput, match="16 x 16 pixels"):
        Scan(ramp(40, 40)).square(16)

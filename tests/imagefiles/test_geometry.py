"""Films are read upright, the patient's left on the right, in square pixels."""

import numpy as np
import pytest
from made_images import quarters
from pydicom import dcmread

from causaray.errors import BadInput
from causaray.imagefiles import read_scan, write_dicom
from causaray.imagefiles.apart import ApartReader
from causaray.imagefiles.geometry import upright
from causaray.scan import Scan

WINDOW = {"WindowCenter": 2000.5, "WindowWidth": 4001}
FILM = np.add.outer(np.linspace(0, 3000, 48), np.linspace(0, 1000, 40)).astype("u2")
"""Dark above and at the patient's right, bright below and at the left."""
STORED = {
    "R\\F": FILM[:, ::-1],
    "L\\H": FILM[::-1],
    "R\\H": FILM[::-1, ::-1],
    "F\\L": FILM.T,
    "F\\R": FILM[:, ::-1].T,
    "H\\L": FILM[::-1].T,
    "H\\R": FILM[::-1, ::-1].T,
}
"""The film as it lies in a file whose rows and columns run so."""


def contiguous(pixels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pixels)


@pytest.fixture
def film(dicom_file) -> np.ndarray:
    return read_scan(dicom_file(FILM, "film.dcm", **WINDOW)).pixels


@pytest.mark.parametrize("orientation", STORED)
def test_every_orientation_is_turned_upright(dicom_file, film, orientation):
    said = {"PatientOrientation": orientation.split("\\"), "ViewPosition": "PA"}
    scan = read_scan(dicom_file(contiguous(STORED[orientation]), **WINDOW, **said))
    np.testing.assert_array_equal(scan.pixels, film)
    assert scan.turned == orientation


@pytest.mark.parametrize("said", [["RA", "F"], ["R", "FP"]])
def test_the_first_letter_of_a_direction_counts(dicom_file, film, said):
    scan = read_scan(dicom_file(contiguous(FILM[:, ::-1]), **WINDOW, PatientOrientation=said))
    np.testing.assert_array_equal(scan.pixels, film)


def test_a_flipped_field_of_view_is_turned_back(dicom_file, film):
    scan = read_scan(dicom_file(contiguous(FILM[:, ::-1]), **WINDOW, FieldOfViewHorizontalFlip="YES"))
    np.testing.assert_array_equal(scan.pixels, film)
    assert scan.turned == "R\\F"


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"PatientOrientation": ["L", "F"]},
        {"PatientOrientation": ["L", "F"], "FieldOfViewHorizontalFlip": "YES"},
        {"PatientOrientation": ["P", "F"]},
        {"PatientOrientation": ["R"]},
        {"PatientOrientation": ["R", "L"]},
        {"PatientOrientation": "", "FieldOfViewHorizontalFlip": "NO"},
    ],
)
def test_what_lies_right_or_does_not_say_is_left_as_it_is(dicom_file, film, said):
    scan = read_scan(dicom_file(FILM, **WINDOW, **said))
    np.testing.assert_array_equal(scan.pixels, film)
    assert scan.turned is None


def test_what_is_read_apart_is_turned_and_says_so(dicom_file, film):
    content = dicom_file(contiguous(FILM[:, ::-1]), **WINDOW, PatientOrientation=["R", "F"]).read_bytes()
    reader = ApartReader()
    try:
        scan = reader.read(content, 48)
    finally:
        reader.close()
    np.testing.assert_array_equal(scan.pixels, Scan(film).square(48).pixels)
    assert scan.turned == "R\\F"


def test_a_derived_object_lies_as_its_pixels_do(dicom_file, tmp_path):
    mirrored = read_scan(dicom_file(contiguous(FILM[:, ::-1]), **WINDOW, PatientOrientation=["R", "F"]))
    write_dicom(mirrored, tmp_path / "made.dcm", derived_from=mirrored, description="a test", seed=1)
    assert list(dcmread(tmp_path / "made.dcm").PatientOrientation) == ["L", "F"]
    again = read_scan(tmp_path / "made.dcm")
    np.testing.assert_allclose(again.pixels[:30], mirrored.pixels[:30], atol=1e-3)
    assert again.turned is None


@pytest.mark.parametrize(("said", "written"), [(["L", "F"], ["L", "F"]), ("", []), (["P", "F"], [])])
def test_a_derived_object_says_what_is_known(dicom_file, tmp_path, said, written):
    source = read_scan(dicom_file(FILM, PatientOrientation=said))
    write_dicom(source, tmp_path / "made.dcm", derived_from=source, description="a test", seed=1)
    assert list(dcmread(tmp_path / "made.dcm").PatientOrientation or []) == written


@pytest.mark.parametrize("orientation", STORED)
def test_turning_is_exact(orientation):
    np.testing.assert_array_equal(upright(contiguous(STORED[orientation]), orientation), FILM)


UNEQUAL = [
    ({"ImagerPixelSpacing": [0.175, 0.35]}, (0.175, 0.175)),
    ({"PixelSpacing": [0.1, 0.2], "ImagerPixelSpacing": [0.3, 0.3]}, (0.1, 0.1)),
    ({"NominalScannedPixelSpacing": [0.2, 0.4]}, (0.2, 0.2)),
    ({"PixelAspectRatio": [1, 2]}, None),
]


@pytest.mark.parametrize(("said", "spacing"), UNEQUAL)
def test_unequal_pixels_are_made_square(dicom_file, film, said, spacing):
    scan = read_scan(dicom_file(contiguous(FILM[:, ::2]), **WINDOW, **said))
    assert scan.pixels.shape == film.shape and scan.spacing == spacing
    np.testing.assert_allclose(scan.pixels, film, atol=0.02)


def test_unequal_pixels_of_a_film_that_lies_on_its_side(dicom_file, film):
    said = {"PatientOrientation": ["F", "L"], "ImagerPixelSpacing": [0.35, 0.175]}
    scan = read_scan(dicom_file(contiguous(FILM[:, ::2].T), **WINDOW, **said))
    assert scan.pixels.shape == film.shape
    np.testing.assert_allclose(scan.pixels, film, atol=0.02)


@pytest.mark.parametrize(
    ("said", "spacing"),
    [
        ({"PixelSpacing": [0.18, 0.18], "ImagerPixelSpacing": [0.2, 0.1]}, (0.18, 0.18)),
        ({"ImagerPixelSpacing": [0.2, 0.2005]}, (0.2, 0.2005)),
        ({"ImagerPixelSpacing": [0.001, 10]}, None),
        ({"ImagerPixelSpacing": [0, 0.2]}, None),
        ({"PixelSpacing": [0.2]}, None),
        ({"PixelAspectRatio": [1, 1]}, None),
        ({"PixelAspectRatio": [0, 1]}, None),
    ],
)
def test_equal_pixels_and_sides_that_cannot_be_are_left_as_they_are(dicom_file, film, said, spacing):
    scan = read_scan(dicom_file(FILM, **WINDOW, **said))
    np.testing.assert_array_equal(scan.pixels, film)
    assert scan.spacing == spacing


def test_a_picture_that_would_become_too_large_is_refused(dicom_file, monkeypatch):
    monkeypatch.setattr("causaray.imagefiles.limits.MOST_PIXELS", 5000)
    from causaray.imagefiles.read import read_scan_bytes

    content = dicom_file(quarters(1, 2, 3, 4), ImagerPixelSpacing=[0.1, 0.2]).read_bytes()
    with pytest.raises(BadInput, match="million pixels"):
        read_scan_bytes(content)

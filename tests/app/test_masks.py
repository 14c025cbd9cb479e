"""Pictures that say where an image may change."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from causaray.app.inputs import Region
from causaray.errors import BadInput
from causaray.scan import Scan

ALLOWED = np.zeros((64, 64), bool)
ALLOWED[8:40, 8:24] = True


def mask_of(tmp_path: Path, values: np.ndarray, name: str = "mask.png") -> Path:
    Image.fromarray(values).save(tmp_path / name)
    return tmp_path / name


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 2), (0, 100), (0, 255), (1, 2), (200, 255)])
@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_of_two_values_the_brighter_is_meant(tmp_path, low, high, dtype):
    region = Region(mask_of(tmp_path, np.where(ALLOWED, high, low).astype(dtype)))
    np.testing.assert_array_equal(region.whole(), ALLOWED)
    np.testing.assert_array_equal(region.square(64), ALLOWED)


def test_of_several_values_the_bright_half_is_meant(tmp_path):
    values = np.where(ALLOWED, 180, 90).astype("u1")
    values[50:, 50:] = 10
    np.testing.assert_array_equal(Region(mask_of(tmp_path, values)).whole(), ALLOWED)


@pytest.mark.parametrize("values", [(0, 1, 2), (0, 60, 120)])
def test_a_mask_that_lets_nothing_change_is_refused(tmp_path, values):
    dark = np.full((64, 64), values[0], "u1")
    dark[:20], dark[40:] = values[1:]
    with pytest.raises(BadInput, match=r"mask\.png lets nothing change"):
        Region(mask_of(tmp_path, dark))


def test_a_mask_that_is_lost_at_the_size_of_the_editor_is_refused(tmp_path):
    speck = np.zeros((640, 640), "u1")
    speck[100, 100] = 255
    with pytest.raises(BadInput, match=r"mask\.png lets nothing change"):
        Region(mask_of(tmp_path, speck)).square(64)


def test_a_mask_of_a_film_that_was_turned_is_refused(tmp_path):
    region = Region(mask_of(tmp_path, ALLOWED.astype("u1")))
    film = Scan(np.linspace(0, 1, 4096).reshape(64, 64), source=Path("film.dcm"))
    region.check(film)
    with pytest.raises(BadInput, match=r"film\.dcm lies as R\\F by its header and is turned"):
        region.check(Scan(film.pixels, source=film.source, turned="R\\F"))

import pytest
import torch

from causaray.anatomy.reader import AnatomyReader, disagreement, not_dark
from causaray.errors import BadInput
from causaray.evaluation.anatomy.damage import DAMAGE


@pytest.fixture(scope="module")
def reader():
    return AnatomyReader.load()


def dice(one, other):
    one, other = one > 0.5, other > 0.5
    return 2 * float((one & other).sum()) / float(one.sum() + other.sum())


def test_it_finds_the_lungs_and_the_heart_of_phantoms(reader, healthy):
    images, truth = healthy
    reading = reader.read(images)
    assert reading.doubt.max() < reader.limit
    for name, least in (("right", 0.9), ("left", 0.9), ("heart", 0.85)):
        assert dice(getattr(reading.place, name), getattr(truth, name)) > least
    inside = truth.lungs > 0.9
    assert float((reading.place.t - truth.t)[inside].abs().mean()) < 0.05
    assert float((reading.place.height - truth.height)[inside].abs().mean()) < 0.05


def test_a_film_is_read_as_it_would_be_alone_and_at_any_size(reader, healthy):
    images, _ = healthy
    together, alone = reader.read(images), reader.read(images[2:3])
    torch.testing.assert_close(together.place.rows([2]).sheets(), alone.place.sheets(), atol=1e-4, rtol=1e-3)
    larger = torch.nn.functional.interpolate(images[2:3], size=(256, 256), mode="bilinear")
    assert dice(reader.read(larger).place.lungs, alone.place.lungs) > 0.97


def test_a_mirrored_film_has_its_sides_exchanged(reader, healthy):
    images, _ = healthy
    plain, other = reader.read(images), reader.read(images.flip(3))
    assert dice(other.place.left.flip(3), plain.place.right) > 0.95


@pytest.mark.parametrize("name", ["inverted", "noise"])
def test_what_is_no_upright_film_is_doubted(reader, healthy, name):
    reading = reader.read(DAMAGE[name](healthy[0]))
    assert (reading.doubt > reader.limit).float().mean() > 0.6


def test_readings_that_agree_leave_no_doubt(healthy):
    images, truth = healthy
    sheets = truth.sheets()
    assert float(disagreement(sheets, sheets, sheets).max()) < 0.12
    assert float(disagreement(sheets, sheets.roll(30, 3), sheets).min()) > 0.3
    assert not not_dark(images, truth).any() and not_dark(1 - images, truth).all()


def test_weights_of_something_else_are_refused():
    with pytest.raises(BadInput, match="no net of anatomy"):
        AnatomyReader.load("cxr-128")

import torch

from causaray.anatomy.coordinates import SHEETS, Coordinates, mirrored


def test_a_mirrored_film_has_its_sides_exchanged(healthy):
    _, place = healthy
    sheets = place.sheets()
    other = Coordinates.of(mirrored(sheets))
    torch.testing.assert_close(other.left, place.right.flip(3))
    torch.testing.assert_close(other.x, -place.x.flip(3))
    torch.testing.assert_close(other.t, place.t.flip(3))
    torch.testing.assert_close(mirrored(other.sheets()), sheets)


def test_coordinates_of_phantoms_mean_what_they_say(healthy):
    _, place = healthy
    assert len(SHEETS) == place.sheets().shape[1]
    columns = torch.linspace(-1, 1, 128).expand_as(place.x)
    assert (columns[place.left > 0.5] > 0).float().mean() > 0.99  # the patient's left is at the image's right
    lung = place.lungs > 0.5
    assert place.below[lung].max() < 0.1 and place.apex[lung].min() > -0.1
    assert place.t[lung].max() < 1.0
    depth = place.depth_in_lung[lung]
    assert depth.min() < 0.15 and depth.max() > 0.9


def test_the_aerated_lung_leaves_the_heart_out(healthy):
    _, place = healthy
    assert (place.aerated <= place.lungs).all()
    assert place.aerated[place.heart > 0.95].max() < 0.06

import pytest
import torch

from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.drawing import Lesion, draw
from causaray.anatomy.signs import measure, widths
from causaray.cohorts.phantom import Setting, World
from causaray.cohorts.phantom.coordinates import coordinates


def signs_with(film, *lesions):
    image, place = film
    return measure(draw(image, place, list(lesions), 0).film, place)


def test_an_effusion_blunts_its_own_angle(film):
    before, after = signs_with(film), signs_with(film, Lesion("Pleural Effusion", 0.5, ("left",)))
    assert after.angle_blunting[1] - before.angle_blunting[1] > 0.3
    assert abs(after.angle_blunting[0] - before.angle_blunting[0]) < 0.05
    assert after.opacity[1][2] > before.opacity[1][2] + 0.1


def test_a_pneumothorax_takes_markings_away_on_its_side(film):
    """A phantom's vessels are few, so that much of it is bare already; of patients see `drawn_findings`."""
    before, after = signs_with(film), signs_with(film, Lesion("Pneumothorax", 0.95, ("right",)))
    own, other = (b - a for a, b in zip(before.lucency, after.lucency, strict=True))
    assert own > 0.03 and abs(other) < 0.02


def test_the_ratio_follows_the_heart_of_the_phantom():
    world = World(size=128, common=0.0, devices=0.0)
    patients = world.sample(8, seed=3)
    large = world.counterfactual(patients, {"Cardiomegaly": Setting(severity=1.0)})
    for i in range(8):
        small, grown = (widths(Coordinates.of(coordinates(one.rows([i])))) for one in (patients, large))
        assert grown[0] / grown[1] > small[0] / small[1] + 0.1
        assert grown[1] == pytest.approx(small[1], abs=1.5)


def test_a_ratio_by_hand():
    """A heart of 40 columns between lungs that reach from column 20 to 108."""
    shape = (1, 1, 128, 128)
    sheets = {name: torch.zeros(shape) for name in ("right", "left", "heart", "ribs", "clavicles")}
    sheets["right"][..., 20:110, 20:60], sheets["left"][..., 20:110, 68:108] = 1, 1
    sheets["heart"][..., 60:110, 50:90] = 1
    rows, columns = torch.meshgrid(torch.arange(128), torch.arange(128), indexing="ij")
    x = ((columns - 63.5) / 64).view(shape)
    y = ((rows - 110) / 64).view(shape)
    place = Coordinates(**sheets, t=x.abs() / 0.7, below=y, apex=y + 1.4, x=x, height=y)
    assert widths(place) == pytest.approx((40, 88), abs=0.01)


def test_a_film_without_lungs_has_no_signs():
    empty = Coordinates.of(torch.zeros(1, 10, 128, 128))
    record = measure(torch.rand(1, 1, 128, 128), empty).record()
    assert set(record.values()) == {None}

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from causaray.anatomy.devices import DEVICES
from causaray.anatomy.drawing import DRAWABLE, Lesion, draw
from causaray.anatomy.moves import cardiomegaly, leaning
from causaray.anatomy.signs import widths
from causaray.anatomy.warps import Outline
from causaray.nets.guide import blur
from causaray.vocabulary import DEVICE

LEFT = Lesion("Pleural Effusion", 0.4, ("left",))


def test_the_same_seed_draws_the_same_bytes(film):
    one, two = (draw(*film, [LEFT], 4).film for _ in range(2))
    assert torch.equal(one, two)
    assert not torch.equal(one, draw(*film, [LEFT], 5).film)


def test_pixels_that_no_finding_reaches_are_the_films_own(film):
    image, place = film
    made = draw(image, place, [LEFT], 4)
    far = (place.x < -0.1).expand_as(image)
    assert torch.equal(made.film[far], image[far])
    assert (made.film - image)[made.share > 0.5].mean() > 0.1


@pytest.mark.parametrize("name", [name for name in DRAWABLE if name != DEVICE])
def test_every_finding_changes_the_film_and_stays_a_film(film, name):
    image, place = film
    sided = name not in ("Cardiomegaly", "Edema", "Emphysema", "Enlarged Cardiomediastinum")
    made = draw(image, place, [Lesion(name, 0.8, ("right",) if sided else (), None)], 1)
    assert made.film.min() >= 0 and made.film.max() <= 1
    assert ((made.film - image).abs() > 0.02).float().mean() > 0.001
    assert made.share.max() > 0.2 and made.share.min() >= 0 and made.share.max() <= 1


@pytest.mark.parametrize("kind", DEVICES)
def test_every_device_is_bright_and_inside_the_body(film, kind):
    image, place = film
    made = draw(image, place, [Lesion(DEVICE, 1.0, (), kind)], 1)
    assert (made.film - image).max() > 0.05
    assert (made.film - image).min() > -1e-5
    air = image < 0.02
    assert torch.equal(made.film[air], image[air])


def test_a_large_heart_is_wider(film):
    """The heart's own mask, moved as the film is: the ratio grows as the severity says."""
    _, place = film
    move = cardiomegaly(place, 0.88, torch.zeros_like(place.t), np.random.default_rng(0))
    heart, thorax = widths(place)
    grown, _ = widths(replace(place, heart=move.apply(place.heart)))
    assert (grown - heart) / thorax == pytest.approx(0.05 + 0.14 * 0.88, abs=0.04)
    assert (move.dx[place.heart > 0.5] != 0).any() and not (move.dy != 0).any()


def test_much_fluid_pushes_the_other_border_of_the_heart_away_and_the_spine_stays(film):
    _, place = film
    move, little = (leaning(place, v, left=True) for v in (0.9, 0.6))
    before, after = (Outline.of(one) for one in (place, replace(place, heart=move.apply(place.heart))))
    pushed = (before.right - after.right).max() / before.thorax
    assert pushed == pytest.approx(0.3 / 0.4 * 0.1, abs=0.03)
    assert not (move.dx[place.x > 0].abs() > 0.5).any() and not (little.dx != 0).any()


def test_dense_fluid_hides_the_vessels_under_it_and_leaves_a_trace_of_ribs(film):
    image, place = film
    made = draw(image, place, [replace(LEFT, severity=0.9)], 4)
    deep = (made.share > 0.95) & (place.t > 0.4) & (place.t < 0.8) & (place.below < -0.1)

    def spread(film, coarse):
        return float((blur(film, coarse) - blur(film, 3 * coarse))[deep].std())

    assert spread(made.film, 0.5) < 0.3 * spread(image, 0.5), "what is fine is gone"
    assert spread(made.film, 1.2) > 0.03 * spread(image, 1.2), "ribs are seen through it"


def test_a_large_film_keeps_its_own_pixels(film):
    image, place = film
    large = F.interpolate(image, size=(900, 800), mode="bicubic").clamp(0, 1)
    made = draw(large, place, [LEFT], 4)
    assert made.film.shape == large.shape
    untouched = (made.film == large).float().mean()
    assert untouched > 0.5
    small = draw(F.interpolate(image, size=(128, 114), mode="area"), place, [LEFT], 4).film
    coarse = F.interpolate(made.film, size=(128, 114), mode="area")
    assert float((coarse - small).abs().mean()) < 0.02


def test_fluid_hides_the_dome(film):
    """The silhouette sign: the step of brightness across the dome is lost."""
    image, place = film
    made = draw(image, place, [Lesion("Pleural Effusion", 0.88, ("right",))], 0).film
    right = (place.x < -0.2) & (place.t < 0.85)
    above, under = (
        right & (place.below > -0.08) & (place.below < -0.03),
        right & (place.below > 0.03) & (place.below < 0.08),
    )

    def step(x):
        return float(x[under].mean() - x[above].mean())

    assert step(made) < 0.35 * step(image)


def test_chance_is_taken_from_the_seed_alone(film):
    np.random.seed(0)
    one = draw(*film, [Lesion("Nodule", 0.6, ("right",))], 9).film
    torch.manual_seed(99)
    assert torch.equal(one, draw(*film, [Lesion("Nodule", 0.6, ("right",))], 9).film)

"""Fluid, air and a large heart formed on a film from a map, against the drawing that the map is taken from."""

import numpy as np
import pytest
import torch
from torch import Tensor

from causaray.anatomy import moves
from causaray.anatomy.coordinates import Coordinates
from causaray.anatomy.drawing import Drawn, Lesion, Sheet, draw
from causaray.anatomy.hearts import left_behind
from causaray.anatomy.lesions.pneumothorax import FallenLung
from causaray.anatomy.signs import widths
from causaray.app.fullsize import laid
from causaray.cohorts.phantom import World
from causaray.cohorts.phantom.coordinates import coordinates
from causaray.scan import Scan
from causaray.systems.causal_disentanglement.editor import CoveringEdit, with_formed
from causaray.systems.causal_disentanglement.film_formation import (
    LARGE,
    NORMAL,
    Formation,
    depth,
    fall,
    formed,
    growth,
    larger,
    too_large,
)

HEALTHY = World(size=128, common=0, devices=0).sample(3, seed=3)
PLACE = Coordinates.of(coordinates(HEALTHY))
NAMES = ("Pleural Effusion", "Pneumothorax", "Cardiomegaly")


def drawn(name: str, v: float, i: int = 0) -> tuple[Tensor, Coordinates, Drawn]:
    """Film and coordinates of a phantom, and what a finding drawn on it, on the left, makes of it."""
    film, place = HEALTHY.images[i : i + 1], PLACE.rows([i])
    sides = () if name == "Cardiomegaly" else ("left",)
    return film, place, draw(film, place, [Lesion(name, v, sides)], 0)


@pytest.mark.parametrize(("name", "most"), [("Pleural Effusion", 0.15), ("Pneumothorax", 0.55), ("Cardiomegaly", 0.3)])
@pytest.mark.parametrize("v", [0.55, 0.9])
def test_from_the_true_map_comes_nearly_the_true_film(name: str, most: float, v: float) -> None:
    left = []
    for i in range(3):
        film, place, truth = drawn(name, v, i)
        made = formed(film, place, {name: truth.share})
        changed = (truth.film - film).abs() > 1 / 255
        error, nothing = (float((one - truth.film).abs()[changed].mean()) for one in (made, film))
        left.append(error / nothing)
    assert np.mean(left) < most


@pytest.mark.parametrize("v", [0.3, 0.6, 0.9])
def test_how_severe_it_is_is_told_by_the_room_that_it_takes(v: float) -> None:
    _, place, truth = drawn("Pleural Effusion", v)
    assert depth(Sheet.of(place, 0), truth.share, left=True).severity == pytest.approx(v, abs=0.06)
    film, place, truth = drawn("Cardiomegaly", v)
    assert growth(film, Sheet.of(place, 0), truth.share).severity == pytest.approx(v, abs=0.12)


@pytest.mark.parametrize("v", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("lean", [-0.8, 0.0, 0.8])
def test_how_far_a_lung_has_fallen_and_how_it_leans_is_told_by_the_room_that_it_leaves(v: float, lean: float) -> None:
    sheet = Sheet.of(PLACE.rows([0]), 0)
    share = FallenLung(sheet.chest, v, lean).emptied() * PLACE.rows([0]).left_half
    told = fall(sheet, share, left=True)
    assert told.severity == pytest.approx(v, abs=0.05) and told.lean == pytest.approx(lean, abs=0.5)
    holes = share * (torch.arange(128) % 9 != 0)
    assert fall(sheet, holes, left=True).severity == pytest.approx(v, abs=0.16), "a lung has no holes"


def test_the_dome_under_fluid_is_hidden_and_that_of_the_other_side_is_not() -> None:
    film, place, truth = drawn("Pleural Effusion", 0.9)
    made = formed(film, place, {"Pleural Effusion": truth.share})

    def edge(image: Tensor, half: Tensor) -> float:
        dome = (place.below.abs() < 0.12) & (place.t > 0.5) & (place.t < 0.8) & (half > 0)
        return float(torch.gradient(image, dim=2)[0].abs()[dome].mean())

    assert edge(made, place.left_half) < 0.4 * edge(film, place.left_half)
    assert edge(made, 1 - place.left_half) > 0.9 * edge(film, 1 - place.left_half)


def test_air_is_darker_and_keeps_its_ribs() -> None:
    film, place, truth = drawn("Pneumothorax", 0.7)
    made = formed(film, place, {"Pneumothorax": truth.share})
    air = (truth.share > 0.9) & (place.t < 0.9)
    assert (made - film)[air].mean() < -0.03
    down, before = (torch.gradient(image, dim=2)[0][air] for image in (made, film))
    assert torch.corrcoef(torch.stack([down, before]))[0, 1] > 0.8


@pytest.mark.parametrize("name", NAMES)
def test_where_nothing_comes_the_film_stays_bit_for_bit(name: str) -> None:
    film, place, truth = drawn(name, 0.5)
    made = formed(film, place, {name: torch.zeros_like(truth.share)})
    assert torch.equal(made, film)
    made = formed(film, place, {name: truth.share})
    far = place.t > 1.2
    assert torch.equal(made[far], film[far])


def test_a_large_heart_becomes_as_small_as_its_ratio_asks_and_one_that_is_not_large_stays() -> None:
    film, place, truth = drawn("Cardiomegaly", 0.9)
    grown = Coordinates.of(larger(Sheet.of(place, 0), 0.9).apply(place.sheets()))
    nothing = torch.zeros_like(film)
    (before, chest), (healthy, _) = widths(grown), widths(place)
    assert before / chest > LARGE and healthy / chest < LARGE and too_large(place, nothing) == 0
    less = too_large(grown, nothing)
    assert less == pytest.approx(before / chest - NORMAL)
    after, _ = widths(Coordinates.of(moves.smaller_heart(grown, less).apply(grown.sheets())))
    assert after / chest == pytest.approx(NORMAL, abs=0.03)
    made = formed(truth.film, grown, {}, smaller=less)
    heart = left_behind(grown, moves.smaller_heart(grown, less)) > 0.9
    assert made[heart].mean() < truth.film[heart].mean() - 0.1, "lung is seen where the heart was"
    far = (grown.t > 1.15) | (grown.below > 0.2)
    assert torch.equal(made[far], truth.film[far])
    assert formed(film, place, {}) is film


def test_how_much_of_a_heart_is_to_go_is_told_by_a_share_too() -> None:
    _, place, _ = drawn("Cardiomegaly", 0.5)
    share = left_behind(place, moves.smaller_heart(place, 0.08))
    assert too_large(place, share) == pytest.approx(0.08, abs=0.02)


def test_what_is_formed_is_formed_on_the_pixels_of_a_finer_film() -> None:
    film, place, truth = drawn("Pleural Effusion", 0.8)
    nothing = torch.zeros_like(film)
    painted = CoveringEdit(film, film.clone(), nothing, nothing, film)
    formation = Formation(place, {"Pleural Effusion": truth.share})
    edit = with_formed(painted, [formation])
    assert torch.equal(
        edit.counterfactual, formed(film, place, formation.coming).where(edit.counterfactual != film, film)
    )
    fine = World(size=256, common=0, devices=0).sample(1, seed=3).images
    made = laid(Scan(fine[0, 0].numpy()), film[0], edit, 0)
    assert np.allclose(made.pixels, formation.on(fine)[0, 0].numpy(), atol=1e-6), "sharp, not enlarged"
    right = np.zeros((256, 256), bool)
    kept = laid(Scan(fine[0, 0].numpy()), film[0], edit, 0, right)
    assert np.array_equal(kept.pixels, fine[0, 0].numpy()), "where a film may not change it does not"

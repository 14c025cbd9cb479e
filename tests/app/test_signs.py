import re

import numpy as np
import pytest
from film_weights import films, healthy, needs_net

from causaray.anatomy.signs import change
from causaray.app.films import FilmReader
from causaray.app.signs import NO_WEIGHTS, observed
from causaray.cohorts.phantom import Setting
from causaray.scan import Scan

pytestmark = needs_net


def told_signs(*how):
    return [one.told for one in observed(*how)]


@pytest.fixture(scope="module")
def reader():
    return FilmReader.load()


def test_the_change_has_the_shape_of_the_signs():
    before = {"ratio": 0.5, "area": {"right": 0.3, "left": None}, "lost": {"right": 0.1}}
    after = {"ratio": 0.75, "area": {"right": 0.1, "left": 0.2}, "lost": None}
    assert change(before, after) == {"ratio": 0.25, "area": {"right": -0.2, "left": None}, "lost": None}


def test_without_the_net_a_sentence_says_so():
    assert told_signs(None, films(), films()) == [{"signs": None, "signs_note": NO_WEIGHTS}]


def test_an_image_that_did_not_change_has_no_change(reader):
    (told,) = told_signs(reader, films(), films())
    assert told["signs_note"] is None and told["signs"]["readable"]
    assert told["signs"]["factual"] == told["signs"]["counterfactual"]
    assert told["signs"]["change"]["cardiothoracic_ratio"] == 0
    assert told["signs"]["change"]["opacity"]["left"] == {"upper": 0, "middle": 0, "lower": 0}
    assert told["signs"]["doubt"]["factual"] < reader.anatomy.limit


def test_signs_follow_what_a_phantom_is_given(reader):
    before = healthy(3)
    wanted = {"Pleural Effusion": Setting(0.7, "left"), "Cardiomegaly": Setting(0.9)}
    after = before.world.counterfactual(before, wanted)
    scans = [[Scan(image[0].numpy()) for image in one.images] for one in (before, after)]
    for told in told_signs(reader, *scans):
        changed = told["signs"]["change"]
        assert changed["cardiothoracic_ratio"] > 0.03
        assert changed["opacity"]["left"]["lower"] > 0.15
        assert abs(changed["opacity"]["right"]["upper"]) < 0.1


def test_films_of_one_batch_are_read_as_each_alone(reader):
    several, changed = films(3), films(3, seed=5)
    together = told_signs(reader, several, changed)
    (alone,) = told_signs(reader, several[1:2], changed[1:2])
    ratios = [one["signs"]["factual"]["cardiothoracic_ratio"] for one in (together[1], alone)]
    assert ratios[0] == pytest.approx(ratios[1], abs=2e-3)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda film: np.rot90(film).copy(), "chest"),
        (lambda film: 1 - film, "chest"),
        (lambda film: np.where(np.arange(128) < 64, 0, film), "black over|no chest"),
        (lambda film: np.random.default_rng(0).random(film.shape), "no chest"),
    ],
)
def test_a_film_that_cannot_be_read_has_no_signs_but_a_sentence(reader, change, why):
    film = Scan(change(films()[0].pixels))
    (told,) = told_signs(reader, [film], [film])
    assert told["signs"] is None
    assert told["signs_note"].startswith("No signs are measured: the film ") and told["signs_note"].endswith("bones.")
    assert re.search(why, told["signs_note"])

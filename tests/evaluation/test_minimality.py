import math

import numpy as np
import pytest
import torch

from causaray.evaluation.measures.minimality import (
    feature_distance,
    latent_divergence,
    masked_change,
    minimality,
)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_latent_divergence_by_hand() -> None:
    apart = np.array([[0.0, 1, 2, 3, 4, 5]])
    has = np.array([[False, False, True, False, True, True]])
    found = latent_divergence(np.array([2.0]), apart, ~has, has)
    assert found[0] == pytest.approx(math.log(0.8 * math.exp(1 / 3) + 0.2 * math.exp(1 / 3)))
    further = latent_divergence(np.array([4.5]), apart, ~has, has)
    assert further[0] == pytest.approx(math.log(0.8 * math.exp(2 / 3) + 0.2)), "past two of three, nobody beyond"
    assert np.isnan(latent_divergence(np.array([2.0]), apart, ~has, has & False)[0])


def test_feature_distance_by_hand() -> None:
    found = feature_distance(np.array([[0.0, 0], [1, 3]]), np.array([[1.0, 1]]))
    assert found.tolist() == [[1, 1]]


def test_copies_small_steps_and_strangers_are_told_apart(rng: np.random.Generator) -> None:
    had = np.repeat([0.0, 1.0], 60)
    real = rng.normal(size=(120, 20)) + 3 * had[:, None] * (np.arange(20) == 0)
    asked = 1 - had
    step = real + 3 * (asked - had)[:, None] * (np.arange(20) == 0)
    stranger = np.concatenate([rng.permutation(real[60:]), rng.permutation(real[:60])])
    copied, least, swapped = (minimality(real, made, had, asked, np.arange(120)) for made in (real, step, stranger))
    assert copied and least and swapped
    assert copied["value"] == pytest.approx(math.log(0.8 + 0.2 * math.e))
    assert least["high"] < swapped["low"] and swapped["value"] == pytest.approx(0.5, abs=0.05)


def test_images_of_unknown_label_are_not_compared(rng: np.random.Generator) -> None:
    real, had = rng.normal(size=(6, 3)), np.array([0, 0, 1, 1, np.nan, np.nan])
    found = minimality(real, real, had, 1 - had, np.arange(6))
    assert found is not None and found["n"] == 4
    assert minimality(real, real, np.full(6, np.nan), np.ones(6), np.arange(6)) is None


def test_change_is_told_by_where_it_is() -> None:
    factual = torch.full((3, 1, 8, 8), 0.5)
    allowed = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    allowed[..., :2] = True
    counterfactual = factual + torch.where(allowed, 12 / 255, 2 / 255)
    counterfactual[2] = factual[2]
    found = masked_change(factual, counterfactual, allowed, np.arange(3))
    share = found["outside_share"]
    assert share and share["value"] == pytest.approx(48 * 2 / (48 * 2 + 16 * 12), rel=1e-4) and share["n"] == 2
    assert found["outside_area"] and found["outside_area"]["value"] == 0.75
    assert found["inside"] and found["inside"]["value"] == pytest.approx(8, rel=1e-4)
    assert found["outside"] and found["outside"]["value"] == pytest.approx(4 / 3, rel=1e-4)
    everywhere = masked_change(factual, counterfactual, torch.ones(1, 1, 8, 8, dtype=torch.bool), np.arange(3))
    assert everywhere["outside"] is None and everywhere["outside_share"] and everywhere["outside_share"]["value"] == 0

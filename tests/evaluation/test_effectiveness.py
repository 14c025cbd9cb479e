import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from causaray.evaluation.measures.effect import separation
from causaray.evaluation.measures.effectiveness import (
    association_matrix,
    drawn_auroc,
    effectiveness_matrix,
)

NAMES = ("Edema", "Cardiomegaly", "Mass")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_weighted_auroc_is_that_of_the_rows_repeated(rng: np.random.Generator) -> None:
    positive, negative = rng.integers(0, 6, 15).astype(float), rng.integers(0, 5, 20).astype(float)
    drawn = rng.integers(0, 4, (3, 35)).astype(float)
    truth, score = np.repeat([1, 0], [15, 20]), np.concatenate([positive, negative])
    for found, often in zip(drawn_auroc(positive, negative, drawn), drawn.astype(int), strict=True):
        assert found == pytest.approx(roc_auc_score(truth.repeat(often), score.repeat(often)))
    one_class = np.repeat([[1.0, 0.0]], [15, 20], axis=1)
    assert np.isnan(drawn_auroc(positive, negative, one_class)[0])


def test_the_matrix_agrees_with_the_separation_of_each_attribute(rng: np.random.Generator) -> None:
    sides = {do: (rng.normal(0.5, 1, (30, 3)), rng.normal(0, 1, (30, 3))) for do in NAMES[:2]}
    patients = np.repeat(np.arange(15), 2)
    found = effectiveness_matrix(sides, NAMES, patients)
    for do, (made, undone) in sides.items():
        for j, name in enumerate(NAMES):
            expected = separation(made[:, j], undone[:, j], patients, draws=500)
            assert found["auroc"][do][name] == pytest.approx(expected)
            assert found["change"][do][name]["value"] == pytest.approx((made - undone)[:, j].mean())


def test_diagonal_and_off_diagonal_by_hand() -> None:
    low, high = np.full(6, 0.2), np.full(6, 0.9)
    sides = {
        "Edema": (np.stack([high, high, low], 1), np.stack([low, low, low], 1)),
        "Mass": (np.stack([low, low, high], 1), np.stack([low, high, low], 1)),
    }
    found = effectiveness_matrix(sides, NAMES, np.arange(6))
    assert found["diagonal"]["value"] == 1
    assert found["off_diagonal"]["value"] == pytest.approx((0.5 + 0 + 0 + 0.5) / 4), "two of four others moved wholly"
    assert found["auroc"]["Mass"]["Cardiomegaly"]["value"] == 0
    assert found["change"]["Edema"]["Edema"]["low"] == pytest.approx(0.7)


def test_a_null_edit_stands_at_one_half_everywhere(rng: np.random.Generator) -> None:
    scores = rng.random((20, 3))
    found = effectiveness_matrix({"Mass": (scores, scores)}, NAMES, np.arange(20))
    assert found["diagonal"] == pytest.approx({"value": 0.5, "low": 0.5, "high": 0.5, "n": 20, "patients": 20})
    assert found["off_diagonal"]["high"] == pytest.approx(0)
    alone = effectiveness_matrix({"Mass": (scores[:, 2:], scores[:, 2:])}, NAMES[2:], np.arange(20))
    assert alone["off_diagonal"] is None


def test_real_associations_are_those_of_known_labels(rng: np.random.Generator) -> None:
    truth = rng.integers(0, 2, (40, 3)).astype(float)
    truth[:5, 0] = np.nan
    truth[:, 2] = 0
    scores = truth * 0.8 + rng.random((40, 3)).round(1)
    scores[:5, 0] = 0.3
    found = association_matrix(scores, truth, NAMES, ("Edema", "Mass"), np.arange(40))
    assert set(found) == {"Edema"}, "no image shows a mass"
    for j, name in enumerate(NAMES):
        assert found["Edema"][name]["value"] == pytest.approx(roc_auc_score(truth[5:, 0], scores[5:, j]))

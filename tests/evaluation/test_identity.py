import numpy as np
import pytest

from causaray.evaluation.measures.identity import cosines, similarity

PATIENTS = np.array(["a", "a", "b", "c"])


def test_cosines_by_hand() -> None:
    found = cosines(np.array([[3.0, 4], [0, 0]]), np.array([[1.0, 0], [-6, -8]]))
    assert found.tolist() == [pytest.approx([0.6, -1]), [0, 0]]


def test_similarity_by_hand() -> None:
    real = np.array([[1.0, 0, 0], [0.8, 0.6, 0], [0, 1, 0], [0, 0, 1]])
    edited = np.array([[1.0, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, -1]])
    found = similarity(real, {"edited": edited}, PATIENTS)
    assert found["edited"]["own"]["value"] == pytest.approx((1 + 0.6 + 1 - 1) / 4)
    assert found["edited"]["strangers"]["value"] == pytest.approx((0 + 0.5 + (0 + 0.6 + 0) / 3 + 0) / 4)
    assert found["edited"]["verified"]["value"] == pytest.approx((1 + 0.5 + 1 + 0) / 4), (
        "the second is nearer to b, not to c"
    )
    visit = found["another_visit"]
    assert (visit["own"]["n"], visit["own"]["patients"]) == (2, 1), "only a has two images"
    assert visit["own"]["value"] == pytest.approx(0.8) and visit["verified"]["value"] == 1


def test_copies_are_verified_and_strangers_are_not() -> None:
    rng = np.random.default_rng(0)
    real = rng.normal(size=(200, 8))
    found = similarity(real, {"copied": real, "other": rng.normal(size=(200, 8))}, np.arange(200))
    assert found["copied"]["own"]["value"] == pytest.approx(1) and found["copied"]["verified"]["low"] == 1
    assert found["other"]["verified"]["low"] < 0.5 < found["other"]["verified"]["high"]
    assert found["another_visit"] == {
        "own": None,
        "strangers": pytest.approx(found["copied"]["strangers"]),
        "verified": None,
    }

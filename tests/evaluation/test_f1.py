import numpy as np
import pytest
from sklearn.metrics import f1_score

from causaray.evaluation.statistics.f1 import edits_f1, f1, real_f1


def test_f1_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    truth, called = rng.integers(0, 2, 50), rng.random(50) > 0.7
    assert f1(truth, called) == pytest.approx(f1_score(truth, called))
    assert np.isnan(f1(np.zeros(3), np.zeros(3, bool))), "nothing to find and nothing called"


def test_f1_of_edits_takes_the_request_as_the_truth() -> None:
    added, removed = np.array([0.9, 0.8, 0.3]), np.array([0.1, 0.6, 0.2])
    measure = edits_f1(added, removed, 0.5)  # two true calls, one missed, one false
    assert measure(np.arange(3)) == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert measure(np.array([0, 0])) == 1
    assert edits_f1(added, added, 0.2)(np.arange(3)) == pytest.approx(2 / 3), "calling all of a copied input"


def test_f1_on_real_images_leaves_the_unknown_out() -> None:
    truth, score = np.array([1, 1, 0, 0, np.nan]), np.array([0.7, 0.2, 0.6, 0.1, 0.9])
    found = real_f1(truth, score, 0.5, np.array(["a", "b", "c", "c", "d"]))
    assert found is not None and found["value"] == pytest.approx(0.5)
    assert (found["n"], found["patients"]) == (4, 3)
    assert real_f1(np.array([1, np.nan]), score[:2], 0.5, np.arange(2)) is None

"""Kappa against values worked out by hand, and against scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from causaray.evaluation.reading_room.agreement import cohen_kappa


def test_a_value_worked_out_by_hand() -> None:
    """50 cases: both yes 20, both no 15, one alone 5, the other alone 10. Agreed 0.7, by chance 0.5: kappa 0.4."""
    one = np.repeat([1, 1, 0, 0], [20, 5, 10, 15])
    two = np.repeat([1, 0, 1, 0], [20, 5, 10, 15])
    assert cohen_kappa(one, two) == pytest.approx(0.4)


def test_quadratic_weights_worked_out_by_hand() -> None:
    """1,2,3 and 1,2,1: the mean square is 4/3; over all nine pairs it is (0+1+0 + 1+0+1 + 4+1+4)/9 = 12/9: kappa 0."""
    assert cohen_kappa(np.array([1, 2, 3]), np.array([1, 2, 1]), quadratic=True) == pytest.approx(0)


@pytest.mark.parametrize("seed", range(4))
def test_as_scikit_learn_has_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one = rng.integers(1, 6, 60)
    two = np.where(rng.random(60) < 0.5, one, rng.integers(1, 6, 60))
    levels = [1, 2, 3, 4, 5]
    assert cohen_kappa(one, two) == pytest.approx(cohen_kappa_score(one, two, labels=levels))
    weighted = cohen_kappa_score(one, two, labels=levels, weights="quadratic")
    assert cohen_kappa(one, two, quadratic=True) == pytest.approx(weighted)


def test_ends() -> None:
    same = np.array([1, 2, 3, 3])
    assert cohen_kappa(same, same) == cohen_kappa(same, same, quadratic=True) == 1
    assert np.isnan(cohen_kappa(np.ones(4, int), np.ones(4, int))), "nothing to disagree about"
    assert cohen_kappa(np.array([0, 1]), np.array([1, 0])) == -1

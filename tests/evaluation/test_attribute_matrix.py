"""The family-wise test keeps its error, and finds what is there."""

import numpy as np
import pytest

from causaray.evaluation.attribute_matrix import detection_rates, max_t, over_trainings


def test_mean_and_interval_are_those_of_each_cell() -> None:
    changes = np.random.default_rng(0).normal(0.3, 1, (400, 3))
    found = max_t(changes, 200)
    error = changes.std(0, ddof=1) / 20
    assert np.allclose(found.mean, changes.mean(0))
    assert np.allclose(found.high - found.mean, 1.96 * error)


def test_one_cell_alone_has_the_p_of_a_sign_flip_test() -> None:
    changes = np.array([[1.0], [2.0], [3.0], [4.0], [5.0]])  # of 32 sign patterns 2 are as extreme
    assert abs(max_t(changes, 20000).p[0] - 2 / 32) < 0.01


def test_dependent_nulls_are_found_in_one_family_of_twenty() -> None:
    rng = np.random.default_rng(0)
    families = rng.normal(size=(300, 40, 1)) + 0.5 * rng.normal(size=(300, 40, 8))
    errors = np.mean([(max_t(one, 400, i).p <= 0.05).any() for i, one in enumerate(families)])
    assert 0.02 <= errors <= 0.085  # two deviations of 300 draws about 0.05


def test_what_never_changes_is_never_found() -> None:
    assert max_t(np.zeros((10, 2)), 100).p.tolist() == [1.0, 1.0]


def test_power_grows_with_patients() -> None:
    changes = np.random.default_rng(1).normal([0.0, 0.4], 1, (500, 2))
    few, many = (detection_rates(max_t, changes, [1], n, draws=60)[0] for n in (10, 120))
    assert few < 0.5 and many > 0.9


def test_over_trainings_by_hand() -> None:
    changes = np.array([[[0.1, 0.0], [0.3, 0.2]], [[0.3, -0.2], [0.5, 0.0]]])  # two trainings, two patients
    found = over_trainings(changes)
    assert np.allclose(found.mean, [0.3, 0.0])
    error = np.sqrt(0.02 / 2 + 0.02 / 2)  # variances between trainings and between patients: 0.02 each
    t = 0.3 / error
    assert np.isclose(found.p[0], 2 * (1 - t / np.sqrt(t**2 + 2)))  # Student's at 2 degrees, of two cells
    assert found.p[1] == 1.0
    assert np.isclose(found.high[0] - found.mean[0], 4.30265 * error)


def test_what_trainings_differ_in_is_no_discovery() -> None:
    rng = np.random.default_rng(0)
    families = 0.1 * rng.normal(size=(300, 3, 1, 4)) + 0.3 * rng.normal(size=(300, 3, 200, 4))
    errors = np.mean([(over_trainings(one).p <= 0.05).any() for one in families])
    assert errors <= 0.085
    taken_for_one = np.mean([(max_t(one[0], 200).p <= 0.05).any() for one in families[:60]])
    assert taken_for_one > 0.8  # patients alone say nothing of it


def test_trainings_find_what_all_of_them_show() -> None:
    rng = np.random.default_rng(1)
    changes = 0.03 * rng.normal(size=(3, 1, 3)) + 0.3 * rng.normal(size=(3, 256, 3)) + [0.2, 0.0, 0.0]
    planted, other = detection_rates(over_trainings, changes, [0], 128, draws=100)
    assert planted > 0.9 and other < 0.1
    with pytest.raises(ValueError, match="two"):
        over_trainings(changes[:1])

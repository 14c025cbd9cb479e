"""The family-wise test keeps its error, and finds what is there."""

import numpy as np

from causaray.evaluation.attribute_matrix import detection_rates, max_t


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
    few, many = (detection_rates(changes, [1], n, draws=60)[0] for n in (10, 120))
    assert few < 0.5 and many > 0.9

"""The family-wise test keeps its error, and finds what is there."""

import numpy as np
import pytest

from causaray.systems.hidden_relations.attribute_matrix import between_trainings, detection_rates, less_null, max_t


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
    few, many = (detection_rates(lambda rows: max_t(changes[rows]), 500, [1], n, draws=60)[0] for n in (10, 120))
    assert few < 0.5 and many > 0.9


def test_less_null_by_hand() -> None:
    changes = np.array([[[0.1, 0.0], [0.3, 0.2]], [[0.3, -0.2], [0.5, 0.0]]])  # two trainings, two patients
    null = np.array([[[0.1, 0.1], [0.1, 0.1]]])
    between, freedom = between_trainings([changes, null])
    assert np.isclose(between, 0.02) and freedom == 2  # of two cells of the first; one training tells nothing
    found = less_null(changes, null, between, freedom)
    assert np.allclose(found.mean, [0.2, -0.1])
    error = np.sqrt(0.02 * (1 / 2 + 1) + 0.02 / 2)  # differences by patient are 0.1 and 0.3, -0.2 and 0
    t = 0.2 / error
    assert np.isclose(found.p[0], min(1, 2 * (1 - t / np.sqrt(t**2 + 2))))  # Student's at 2 degrees, of two cells
    assert np.isclose(found.high[0] - found.mean[0], 4.30265 * error)
    with pytest.raises(ValueError, match="two of a kind"):
        between_trainings([null, null])


def trainings(rng: np.random.Generator, count: int, between: float) -> np.ndarray:
    return 0.2 + between * rng.normal(size=(count, 1, 4)) + 0.3 * rng.normal(size=(count, 200, 4))


def test_what_trainings_differ_in_is_no_discovery() -> None:
    rng = np.random.default_rng(0)
    errors, taken_for_one = [], []
    for _ in range(300):
        one, other = trainings(rng, 2, 0.1), trainings(rng, 2, 0.1)
        errors.append((less_null(one, other, *between_trainings([one, other])).p <= 0.05).any())
        taken_for_one.append((max_t(one[0] - other[0], 50).p <= 0.05).any())
    assert np.mean(errors) <= 0.085 and np.mean(taken_for_one) > 0.7  # patients alone say nothing of it


def test_trainings_find_what_is_not_in_the_null() -> None:
    rng = np.random.default_rng(1)
    related, null = trainings(rng, 2, 0.03) + np.array([0.2, 0.0, 0.0, 0.0]), trainings(rng, 2, 0.03)

    def test(rows: np.ndarray):
        one, other = related[:, rows], null[:, rows]
        return less_null(one, other, *between_trainings([one, other]))

    planted, other = detection_rates(test, 200, [0], 100, draws=100)
    assert planted > 0.9 and other < 0.1

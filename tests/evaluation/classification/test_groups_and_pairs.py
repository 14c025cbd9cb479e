import numpy as np
import pytest

from causaray.errors import BadInput
from causaray.evaluation.classification.paired import mcnemar, paired_difference
from causaray.evaluation.classification.worst_group import group_accuracy


def test_mcnemar_is_the_exact_binomial_test() -> None:
    one, other = np.array([1] * 5 + [0] * 1 + [1] * 10), np.array([0] * 5 + [1] * 1 + [1] * 10)
    found = mcnemar(one, other)
    assert (found["only_one"], found["only_other"]) == (5, 1)
    assert found["p"] == pytest.approx(2 * (1 + 6) / 2**6)
    assert mcnemar(one, one)["p"] == 1


def test_a_paired_difference_is_narrower_than_two_intervals_suggest() -> None:
    rng = np.random.default_rng(0)
    hard = rng.random(300)
    one, other = (hard < 0.8).astype(float), (hard < 0.75).astype(float)
    found = paired_difference(lambda rows: one[rows].mean(), lambda rows: other[rows].mean(), np.arange(300))
    assert found["value"] == pytest.approx(one.mean() - other.mean()) and found["low"] > 0


def test_accuracy_of_each_group_and_of_the_worst() -> None:
    group = np.repeat([0, 1], 100)
    correct = np.concatenate([np.ones(90), np.zeros(10), np.ones(40), np.zeros(60)])
    found = group_accuracy(correct, group, ("common", "rare"), np.arange(200))
    assert found["groups"]["common"]["value"] == pytest.approx(0.9)
    assert found["worst"]["group"] == "rare" and found["worst"]["value"] == pytest.approx(0.4)
    assert found["worst"]["low"] < 0.4 < found["worst"]["high"] and found["mean"]["value"] == pytest.approx(0.65)
    uneven = group_accuracy(correct[90:], group[90:], ("common", "rare"), np.arange(110))
    assert uneven["balanced"]["value"] == pytest.approx(0.2)


def test_a_group_without_images_is_refused() -> None:
    with pytest.raises(BadInput, match="The group rare has no images"):
        group_accuracy(np.ones(3), np.zeros(3, int), ("common", "rare"), np.arange(3))

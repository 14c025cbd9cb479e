import numpy as np
import pytest

from causaray.evaluation.statistics.bootstrap import (
    difference,
    estimate,
    figure,
    known_mean,
    mean_interval,
    percentiles,
    resamples,
)

PATIENTS = np.array(["b", "a", "c", "a", "b", "d"])


def test_resamples_are_the_draws_of_the_interval() -> None:
    values, drawn = np.array([1.0, 5, 2, 7, 3, 4]), resamples(PATIENTS, 200, seed=3)
    assert drawn.shape == (200, 6) and (drawn[:, 0] == drawn[:, 4]).all() and (drawn[:, 1] == drawn[:, 3]).all()
    expected = mean_interval(values, PATIENTS, 200, seed=3)
    assert percentiles(drawn @ values / drawn.sum(1)) == pytest.approx((expected["low"], expected["high"]))


def test_four_patients_are_drawn_each_time() -> None:
    first_of_each = resamples(PATIENTS, 50)[:, [0, 1, 2, 5]]
    assert (first_of_each.sum(1) == 4).all()


def test_what_is_not_known_is_left_out() -> None:
    values = np.array([1.0, np.nan, 3, np.nan, 2, np.nan])
    found = known_mean(values, PATIENTS)
    assert found is not None
    assert (found["value"], found["n"], found["patients"]) == (2, 3, 2)
    assert known_mean(np.full(6, np.nan), PATIENTS) is None


def test_percentiles_pass_over_draws_without_an_answer() -> None:
    assert percentiles(np.array([np.nan, 2.0, 2.0])) == (2, 2)
    assert np.isnan(estimate(lambda rows: float("nan"), PATIENTS, 5)["low"])


def test_a_figure_of_known_draws_can_be_compared_in_pairs() -> None:
    values, drawn = np.array([1.0, 5, 2, 7, 3, 4]), resamples(PATIENTS, 100)
    ours = figure(values.mean(), drawn @ values / drawn.sum(1), PATIENTS)
    theirs = mean_interval(values, PATIENTS, 100)
    assert ours == pytest.approx(theirs)
    assert difference(ours, theirs) == pytest.approx({"value": 0, "low": 0, "high": 0, "n": 6, "patients": 4})


def test_a_difference_is_taken_draw_by_draw() -> None:
    rng, people = np.random.default_rng(0), np.arange(60)
    hard = rng.normal(0, 10, 60)
    one, other = mean_interval(hard + 1, people), mean_interval(hard, people)
    apart = difference(one, other)
    assert apart is not None and (apart["low"], apart["high"]) == (pytest.approx(1), pytest.approx(1))
    assert one["low"] < other["value"], "the two intervals alone could not tell"
    assert difference(one, mean_interval(hard, people, seed=1)) is None, "other draws"
    assert difference(one, mean_interval(hard, people // 2)) is None, "other patients"

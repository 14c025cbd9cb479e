import numpy as np
import pytest

from causaray.evaluation.measures.effect import effect, prediction_gain, surviving


def test_prediction_gain_by_hand() -> None:
    before, added, removed = np.array([0.2, 0.5]), np.array([0.8, 0.4]), np.array([0.1, 0.2])
    found = prediction_gain(before, added, removed, np.arange(2))
    assert found["gain_added"]["value"] == pytest.approx((0.6 - 0.1) / 2)
    assert found["gain_removed"]["value"] == pytest.approx((0.1 + 0.3) / 2)
    assert found["cpg"]["value"] == pytest.approx((0.6 + 0.1 + 0.1 + 0.3) / 4)


def test_the_copied_input_gains_nothing() -> None:
    same = np.random.default_rng(0).random(20)
    found = prediction_gain(same, same, same, np.arange(20))
    assert all(one["value"] == one["low"] == one["high"] == 0 for one in found.values())


def test_what_survives_is_a_share_of_the_change() -> None:
    whole = np.array([0.4, 0.2, 0.0])
    assert surviving(whole, whole / 4, np.arange(3))["value"] == pytest.approx(0.25)
    assert surviving(whole, -whole, np.arange(3))["high"] == pytest.approx(-1)
    assert np.isnan(surviving(-whole, whole, np.arange(3))["value"]), "there is no share of a change the wrong way"


def test_effect_reports_f1_gain_and_what_survives_for_the_asked_finding() -> None:
    rng = np.random.default_rng(0)
    before, up, down = rng.random((30, 2)), np.full((30, 2), 0.9), np.full((30, 2), 0.1)
    half = np.full((30, 2), 0.5)
    found = effect({"as_edited": (up, down), "low_passed": (half, down)}, 1, before, np.arange(30), 0.6)
    assert found["f1"]["value"] == 1
    assert found["survives"].keys() == {"low_passed"}
    assert found["survives"]["low_passed"]["value"] == pytest.approx(0.5)
    assert found["gain_added"]["value"] + found["gain_removed"]["value"] == pytest.approx(
        found["change_asked"]["value"]
    )
    called = (before[:, 1] >= 0.6).mean()
    assert found["control_copied_f1"] == pytest.approx(2 * called / (1 + 2 * called))

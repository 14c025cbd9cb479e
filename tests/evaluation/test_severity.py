import numpy as np
import pytest

from causaray.evaluation.measures.severity import by_severity, rising


def test_rising_means_at_every_step() -> None:
    assert rising(np.array([[0.1, 0.1, 0.3], [0.2, 0.1, 0.2], [0.3, 0.4, 0.4]])).tolist() == [True, False, False]


def test_severity_by_hand() -> None:
    changes = {"mild": np.array([0.1, 0.2]), "moderate": np.array([0.2, 0.1]), "severe": np.array([0.5, 0.4])}
    found = by_severity(changes, np.arange(2))
    assert {k: v["value"] for k, v in found["change"].items()} == pytest.approx(
        {"mild": 0.15, "moderate": 0.15, "severe": 0.45}
    )
    assert found["rising"]["value"] == 0.5
    assert found["slope"]["value"] == pytest.approx(((0.5 - 0.1) / 2 + (0.4 - 0.2) / 2) / 2)


def test_severities_that_mean_nothing_rise_as_often_as_shuffled_ones() -> None:
    noise = np.random.default_rng(0).random((3, 600))
    found = by_severity(dict(zip(("mild", "moderate", "severe"), noise, strict=True)), np.arange(600))
    for how in ("rising", "rising_shuffled"):
        assert found[how]["value"] == pytest.approx(1 / 6, abs=0.05)
    assert found["slope"]["low"] < 0 < found["slope"]["high"]

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from causaray.evaluation.classification.calibration import brier, calibration, ece, reliability, smooth_ece, top_class


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_reliability_agrees_with_scikit_learn(rng: np.random.Generator) -> None:
    score = rng.random(200)
    truth = (rng.random(200) < score).astype(float)
    observed, predicted = calibration_curve(truth, score, n_bins=10, strategy="quantile")
    found = reliability(truth, score)
    assert found[:, 0] == pytest.approx(predicted) and found[:, 1] == pytest.approx(observed)
    assert (found[:, 2] == 20).all()


def test_bins_hold_equal_numbers_even_of_equal_scores() -> None:
    found = reliability(np.array([1, 0, 1, 0, 1]), np.full(5, 0.5), bins=2)
    assert found[:, 2].tolist() == [2, 3]
    assert len(reliability(np.ones(3), np.ones(3))) == 3, "no more bins than images"


def test_calibration_error_by_hand() -> None:
    truth, score = np.array([0, 0, 1, 1]), np.array([0.1, 0.3, 0.6, 0.8])
    assert ece(truth, score, bins=2) == pytest.approx((0.2 + 0.3) / 2)
    assert ece(truth, truth, bins=2) == 0


def test_calibration_knows_an_honest_judge_from_an_overconfident_one(rng: np.random.Generator) -> None:
    honest = rng.random(1000)
    truth = (rng.random(1000) < honest).astype(float)
    sure = np.clip(honest * 3 - 1, 0, 1)
    good, bad = (calibration(truth, score, np.arange(1000)) for score in (honest, sure))
    assert good is not None and bad is not None
    assert good["ece"]["value"] == pytest.approx(good["ece_if_perfect"], abs=0.02), "above 0 by chance alone"
    assert bad["ece"]["low"] > 0.1 and bad["brier"]["low"] > good["brier"]["high"]
    assert good["brier"]["value"] == pytest.approx(brier_score_loss(truth, honest))
    assert good["brier_of_prevalence"] == pytest.approx(truth.var())
    assert sum(point["n"] for point in good["curve"]) == 1000 and good["positives"] == truth.sum()


def test_unknown_truth_is_left_out() -> None:
    found = calibration(np.array([1, np.nan, 0]), np.array([0.9, 0.9, 0.2]), np.array(["a", "b", "a"]))
    assert found is not None and (found["brier"]["n"], found["brier"]["patients"]) == (2, 1)
    assert found["brier"]["value"] == pytest.approx((0.01 + 0.04) / 2)
    assert calibration(np.full(3, np.nan), np.ones(3), np.arange(3)) is None


def test_smooth_calibration_error_is_the_fixed_point_of_the_papers_formula(rng: np.random.Generator) -> None:
    score = rng.random(60)
    truth = (rng.random(60) < score**2).astype(float)
    places = (np.arange(4000) + 0.5) / 4000
    images = np.concatenate([2 * k + sign * places for k in (-2, -1, 0, 1, 2) for sign in (1, -1)])  # reflected

    def at(sigma: float) -> float:
        kernel = np.exp(-(((score[:, None] - images) / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * np.pi))
        smoothed = ((truth - score)[:, None] * kernel).mean(0).reshape(10, -1).sum(0)
        return float(np.abs(smoothed).mean())

    found = smooth_ece(truth, score)
    assert at(found) == pytest.approx(found, abs=1e-3)


def test_smooth_calibration_error_by_hand() -> None:
    assert smooth_ece(np.array([0.0, 1.0]), np.array([0.0, 1.0])) == pytest.approx(0, abs=1e-6)
    always = smooth_ece(np.zeros(50), np.full(50, 0.3))
    assert always == pytest.approx(0.3, abs=0.002), "a constant residual keeps its size under any smoothing"
    honest = np.linspace(0.01, 0.99, 4000)
    truth = (np.random.default_rng(1).random(4000) < honest).astype(float)
    assert smooth_ece(truth, honest) < 0.02 < 0.1 < smooth_ece(truth, honest**3)


def test_several_classes_are_asked_by_the_likeliest() -> None:
    correct, confidence = top_class(np.array([0, 2, 1]), np.array([[0.6, 0.3, 0.1], [0.5, 0.1, 0.4], [0.1, 0.8, 0.1]]))
    assert correct.tolist() == [1, 0, 1] and confidence.tolist() == [0.6, 0.5, 0.8]
    assert brier(correct, confidence) == pytest.approx((0.16 + 0.25 + 0.04) / 3)

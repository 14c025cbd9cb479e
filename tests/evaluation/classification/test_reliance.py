import numpy as np
import pytest

from causaray.errors import BadInput
from causaray.evaluation.classification.reliance import (
    Response,
    check_detector,
    counterfactual_alignment,
    do_effect,
    scls,
)

PEOPLE = np.arange(4)
CLASSIFIER = Response(np.array([0.1, 0.2, 0.9, 0.3]), np.array([0.8, 0.9, 0.2, 0.4]))  # the last does not cross
DETECTOR = Response(np.array([0.0, 0.1, 0.9, 0.0]), np.array([0.9, 0.7, 0.3, 1.0]))
JUDGE = Response(np.array([0.0, 0.1, 0.2, 0.0]), np.array([0.2, 0.1, 0.3, 1.0]))


def test_scls_by_hand() -> None:
    found = scls(CLASSIFIER, DETECTOR, JUDGE, PEOPLE)
    assert found["crossed"]["value"] == 0.75
    assert found["scls_d"]["value"] == pytest.approx((0.9 + 0.6 + 0.6) / 3)
    assert found["scls_r"]["value"] == pytest.approx(2.1 / (2.1 + 0.3))
    none = scls(Response(CLASSIFIER.before, CLASSIFIER.before), DETECTOR, JUDGE, PEOPLE)
    assert none["crossed"]["value"] == 0 and none["scls_d"] is None and none["scls_r"] is None


def test_the_true_reliance_is_the_mean_effect_of_the_artifact() -> None:
    assert do_effect(np.array([0.9, 0.5]), np.array([0.1, 0.7]), np.arange(2))["value"] == pytest.approx(0.5)
    with pytest.raises(BadInput, match="gives no finite numbers"):
        do_effect(np.array([np.nan, 0.5]), np.array([0.1, 0.7]), np.arange(2))


def test_alignment_is_the_correlation_of_what_two_classifiers_answer() -> None:
    assert counterfactual_alignment(CLASSIFIER, CLASSIFIER, PEOPLE)["value"] == pytest.approx(1)
    opposite = Response(CLASSIFIER.after, CLASSIFIER.before)
    assert counterfactual_alignment(CLASSIFIER, opposite, PEOPLE)["value"] == pytest.approx(-1)
    expected = np.corrcoef(CLASSIFIER.change, DETECTOR.change)[0, 1]
    assert counterfactual_alignment(CLASSIFIER, DETECTOR, PEOPLE)["value"] == pytest.approx(expected)


def test_a_detector_is_held_against_chance_before_it_is_believed() -> None:
    rng = np.random.default_rng(0)
    truth = np.tile([0, 1], 60)
    assert check_detector(truth, truth + rng.normal(size=120), np.arange(120))["low"] > 0.5
    with pytest.raises(BadInput, match="detector of the artifact is at chance"):
        check_detector(truth, rng.normal(size=120), np.arange(120))
    with pytest.raises(BadInput, match="The artifact never varies: it is on every image"):
        check_detector(np.ones(5), rng.normal(size=5), np.arange(5))

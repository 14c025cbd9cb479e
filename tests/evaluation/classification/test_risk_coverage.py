import numpy as np
import pytest

from causaray.errors import BadInput
from causaray.evaluation.classification.risk_coverage import accuracy_at, aurc, risk_coverage, threshold_at

CORRECT, CONFIDENCE = np.array([0.0, 1, 1, 0]), np.array([0.6, 0.9, 0.8, 0.7])


def test_curve_area_and_accuracy_by_hand() -> None:
    coverage, risk = risk_coverage(CORRECT, CONFIDENCE)
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1] and risk == pytest.approx([0, 0, 1 / 3, 1 / 2])
    assert aurc(CORRECT, CONFIDENCE) == pytest.approx((1 / 3 + 1 / 2) / 4)
    assert accuracy_at(CORRECT, CONFIDENCE, 0.5) == 1 and accuracy_at(CORRECT, CONFIDENCE, 1.0) == 0.5


def test_equal_confidence_makes_no_order() -> None:
    assert aurc(CORRECT, np.full(4, 0.5)) == aurc(CORRECT[::-1], np.full(4, 0.5)) == pytest.approx(0.5)


def test_a_threshold_answers_the_share_that_was_asked_for() -> None:
    confidence = np.random.default_rng(0).random(500)
    assert (confidence >= threshold_at(confidence, 0.6)).mean() == pytest.approx(0.6, abs=0.005)
    assert (confidence >= threshold_at(confidence, 1)).all()
    with pytest.raises(BadInput, match="above 0 and at most 1, not 1"):
        accuracy_at(CORRECT, CONFIDENCE, 1.5)

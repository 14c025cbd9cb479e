import numpy as np
import pytest

from causaray.evaluation.statistics.auroc import auroc, auroc_interval


def test_area_is_the_share_of_pairs_in_the_right_order():
    area, low, high = auroc_interval(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]), np.arange(4), 100)
    assert area == pytest.approx(0.75)
    assert 0 <= low <= area <= high <= 1


def test_ties_count_half():
    assert auroc(np.array([0, 1, 1]), np.array([0.5, 0.5, 0.9])) == pytest.approx(0.75)


def test_repeating_each_patients_images_narrows_nothing():
    rng = np.random.default_rng(0)
    truth, score, patient = np.tile([0, 1], 30), rng.normal(size=60) + np.tile([0, 1], 30), np.arange(60)
    once = auroc_interval(truth, score, patient, 100)
    thrice = auroc_interval(np.repeat(truth, 3), np.repeat(score, 3), np.repeat(patient, 3), 100)
    assert thrice == pytest.approx(once)


def test_one_class_has_no_area():
    assert np.isnan(auroc_interval(np.ones(5), np.arange(5.0), np.arange(5))).all()

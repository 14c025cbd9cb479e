"""Lines from logits to probabilities, and thresholds."""

import numpy as np
import pytest
import torch
from torch import nn

from causaray.classifiers.calibration import FLATTEST, Calibrated, calibrate, lines, youden


def test_probabilities_are_calibrated() -> None:
    """Logits three times too sure, and shifted: the line undoes both."""
    rng = np.random.default_rng(0)
    true = rng.normal(0, 2, 6000)
    truth = (rng.random(6000) < 1 / (1 + np.exp(-true))).astype(np.float32)
    net = Calibrated(nn.Flatten(), 1)
    images = (3 * true + 1).astype(np.float32).reshape(-1, 1, 1, 1)
    calibrate(net, lambda rows: images[rows], truth[:, None])
    assert net.slope.item() == pytest.approx(1 / 3, rel=0.1) and net.shift.item() == pytest.approx(-1 / 3, abs=0.1)
    said = net(torch.from_numpy(images)).numpy()[:, 0]
    for low, high in ((0, 0.2), (0.4, 0.6), (0.8, 1)):
        within = (said >= low) & (said < high)
        assert said[within].mean() == pytest.approx(truth[within].mean(), abs=0.04)


def test_a_finding_without_both_classes_and_one_read_upside_down() -> None:
    logits, labels = np.array([[0.0, 2.0], [1.0, 1.0], [2.0, 0.0]], np.float32), np.array([[1, 0], [1, 0], [np.nan, 1]])
    slope, shift = lines(logits, labels.astype(np.float32))
    assert (slope[0], shift[0]) == (1, 0)
    assert slope[1] == pytest.approx(FLATTEST)


def test_images_count_as_they_weigh() -> None:
    logits, labels = np.zeros((4, 1), np.float32), np.array([[1.0], [0], [0], [0]])
    even, weighed = (lines(logits, labels, weight)[1][0] for weight in (None, np.array([3.0, 1, 1, 1])))
    assert even == pytest.approx(np.log(1 / 3), abs=0.01) and weighed == pytest.approx(0, abs=0.01)


def test_the_threshold_parts_best() -> None:
    assert 0.2 < youden(np.array([0, 0, 1, np.nan]), np.array([0.1, 0.2, 0.5, 0.0])) <= 0.5
    assert youden(np.array([1.0, np.nan]), np.array([0.1, 0.2])) == 0.5

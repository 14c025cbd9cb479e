import numpy as np
import pandas as pd
import pytest
import torch

from causaray.cohorts import Cohort
from causaray.evaluation.phantom_realism import feature_distances, grey_distance, halves, histogram, spectral_difference

NOISE = torch.rand(40, 1, 32, 32, generator=torch.Generator().manual_seed(0))


def test_grey_distance_of_flat_images_is_their_difference():
    dark, light = torch.full((3, 1, 8, 8), 0.2), torch.full((2, 1, 8, 8), 0.7)
    assert grey_distance(dark, light) == pytest.approx(0.5, abs=1 / 256)
    assert grey_distance(light, light) == 0
    assert histogram(NOISE).sum() == pytest.approx(1)


def test_twice_the_contrast_is_six_decibel_at_every_frequency():
    assert spectral_difference(NOISE, NOISE / 2, rings=8) == pytest.approx(np.full(8, 20 * np.log10(2)), abs=1e-3)


def test_feature_distances_to_the_first():
    """Means of image quarters as features: shifting all by 0.1 moves the mean by 4 * 0.1^2 and no covariance."""

    def quarters(x):
        return torch.nn.functional.avg_pool2d(x, 16).flatten(1)

    found = feature_distances(quarters, {"one": NOISE, "same": NOISE.clone(), "brighter": NOISE + 0.1})
    assert found["same"][0] == pytest.approx(0, abs=1e-6)
    assert found["brighter"][0] == pytest.approx(0.04, abs=1e-5)
    assert found["brighter"][1] > found["same"][1]
    assert feature_distances(quarters, {"one": NOISE[:4], "few": NOISE[4:8]})["few"][0] is None


def test_halves_share_no_patient():
    pixels = np.repeat(np.arange(30, dtype=np.uint8) // 3, 32 * 32).reshape(30, 32, 32)  # grey is the patient
    table = pd.DataFrame({"patient": [str(i // 3) for i in range(30)]})
    cohort = Cohort(table, (pixels,), np.zeros(30, int), np.arange(30), ({"size": 32, "name": "made"},))
    one, other = halves(cohort, seed=0)
    assert one.shape == other.shape == (15, 1, 32, 32)
    assert not set(one.unique().tolist()) & set(other.unique().tolist())

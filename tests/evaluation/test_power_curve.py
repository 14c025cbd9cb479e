import warnings

import numpy as np
import pytest
import torch
from torch import Tensor

from causaray.evaluation.images.power_curve import power_curves
from causaray.evaluation.images.spectrum import high_frequency_power, radial_power, ring_power
from causaray.nets.guide import blur


@pytest.fixture(scope="module")
def real() -> Tensor:
    noise = torch.randn(40, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    return 0.5 + 0.1 * blur(noise, 1.0)


PATIENTS = np.repeat(np.arange(20), 2)


def test_rings_of_one_image_hold_its_power(real: Tensor) -> None:
    rings = ring_power(real, 32)
    assert rings.shape == (40, 32)
    np.testing.assert_allclose(rings.mean(0), radial_power(real), rtol=1e-5)
    wave = torch.cos(2 * torch.pi * 0.25 * torch.arange(64)).expand(1, 1, 64, 64)
    assert ring_power(wave, 16).argmax().item() == 8, "0.25 cycles a pixel is in the ring from 0.25 to 0.28125"


def test_twice_the_contrast_is_six_decibel_at_each_frequency(real: Tensor) -> None:
    found = power_curves(real, {"edited": 2 * real, "copied": real}, PATIENTS)
    assert len(found["frequency"]) == 16 and found["frequency"][0] == pytest.approx(1 / 64)
    assert found["decibel"]["edited"]["value"] == pytest.approx([6.0206] * 16, abs=1e-3)
    assert found["decibel"]["edited"]["low"] == pytest.approx([6.0206] * 16, abs=1e-3), "in pairs, patients cancel"
    assert found["distance"]["edited"]["value"] == pytest.approx(6.0206, abs=1e-3)
    assert found["distance"]["copied"]["high"] == pytest.approx(0, abs=1e-6)
    power = found["power"]["edited"]
    assert all(
        low < value < high for low, value, high in zip(*(power[k] for k in ("low", "value", "high")), strict=True)
    )


def test_real_against_real_is_near_blur_noise_and_nothing_are_far(real: Tensor) -> None:
    noise = torch.rand(real.shape, generator=torch.Generator().manual_seed(1))
    kinds = {"blurred": blur(real, 1), "noise": noise, "constant": torch.full_like(real, 0.3)}
    found = power_curves(real, kinds, PATIENTS)
    distance = found["distance"]
    assert distance["real"]["high"] < 1
    for kind in kinds:
        assert distance[kind]["low"] > 3 * distance["real"]["high"], kind
    assert min(found["decibel"]["blurred"]["value"]) < -6 < -1 < found["decibel"]["blurred"]["value"][0]
    assert found["decibel"]["constant"]["value"] == pytest.approx([-100] * 16)
    assert high_frequency_power(kinds["constant"]).max() < 1e-9


def test_four_patients_are_enough_for_the_control() -> None:
    real = torch.rand(4, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = power_curves(real, {"edited": real}, np.arange(4))
    assert np.isfinite(found["distance"]["real"]["high"])

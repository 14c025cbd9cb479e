import numpy as np
import pytest
import torch
from torch import Tensor

from causaray.evaluation.images.outside import outside


def furthest_pixel(x: Tensor, y: Tensor) -> Tensor:
    return (x - y).abs().amax((1, 2, 3))


@pytest.fixture
def real() -> Tensor:
    return torch.rand(5, 1, 32, 32, generator=torch.Generator().manual_seed(0)) * 0.5


@pytest.fixture
def allowed() -> Tensor:
    mask = torch.zeros(5, 1, 32, 32, dtype=torch.bool)
    mask[..., 8:24, 8:24] = True
    mask[4] = True
    return mask


def test_what_is_inside_does_not_count(real: Tensor, allowed: Tensor) -> None:
    found = outside(real, {"edited": real + 0.4 * allowed}, allowed, furthest_pixel, np.arange(5))["edited"]
    assert found["l1"] == {"value": 0, "low": 0, "high": 0, "n": 4, "patients": 4}
    assert found["ssim"]["low"] == pytest.approx(1) and found["perceptual"]["high"] == 0


def test_what_is_outside_does(real: Tensor, allowed: Tensor) -> None:
    spilled = real + torch.where(allowed, 0.4, 12 / 255)
    found = outside(real, {"edited": spilled}, allowed, furthest_pixel, np.arange(5))
    assert found["edited"]["l1"]["value"] == pytest.approx(12, rel=1e-3)
    assert found["edited"]["perceptual"]["value"] == pytest.approx(12 / 255, rel=1e-3)
    assert found["stranger"]["ssim"]["high"] < found["edited"]["ssim"]["low"] < 1
    assert found["stranger"]["l1"]["low"] > found["edited"]["l1"]["high"]


def test_where_everything_is_allowed_there_is_no_outside(real: Tensor) -> None:
    everywhere = torch.ones(1, 1, 32, 32, dtype=torch.bool)
    assert outside(real, {}, everywhere, furthest_pixel, np.arange(5)) == {
        "stranger": {"l1": None, "ssim": None, "perceptual": None}
    }

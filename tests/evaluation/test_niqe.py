import numpy as np
import pytest
import torch
from scipy.stats import gennorm
from skimage.util import view_as_blocks
from torch import Tensor

from causaray.evaluation.images.niqe import (
    asymmetric_gaussian,
    features,
    fit_pristine,
    naturalness,
    niqe,
    normalised,
    patches,
)
from causaray.nets.guide import blur


def made(n: int, seed: int, size: int = 64) -> Tensor:
    """Smooth blobs with a grain of fine texture: something to be natural about."""
    noise = torch.randn(2, n, 1, size, size, generator=torch.Generator().manual_seed(seed))
    return (0.5 + 1.5 * blur(noise[0], 5) + 0.1 * blur(noise[1], 0.8)).clamp(0, 1)


@pytest.mark.parametrize("shape", [0.5, 1.0, 2.0, 4.0])
def test_symmetric_fit_recovers_known_parameters(shape: float) -> None:
    sample = gennorm.rvs(shape, scale=1.5, size=(2, 200_000), random_state=0)
    alpha, left, right = asymmetric_gaussian(sample)
    assert alpha == pytest.approx([shape] * 2, rel=0.05)
    assert left == pytest.approx([1.5] * 2, rel=0.06) and right == pytest.approx([1.5] * 2, rel=0.06)


def test_asymmetric_fit_recovers_known_parameters() -> None:
    rng, shape, left, right = np.random.default_rng(0), 1.3, 0.5, 2.0
    size = np.abs(gennorm.rvs(shape, size=400_000, random_state=1))
    sample = np.where(rng.random(400_000) < left / (left + right), -left * size, right * size)
    assert [float(v) for v in asymmetric_gaussian(sample)] == pytest.approx([shape, left, right], rel=0.02)


def test_nothing_at_all_has_no_scale() -> None:
    alpha, left, right = asymmetric_gaussian(np.zeros(100))
    assert left == right == 0 and np.isfinite(alpha)


def test_normalised_coefficients_by_hand() -> None:
    flat, deviation = normalised(torch.full((1, 1, 16, 16), 77.0))
    assert flat.abs().max() == 0 and deviation.max() < 0.1
    checks = 100.0 + 20 * ((torch.arange(32)[:, None] + torch.arange(32)) % 2)[None, None]
    coefficients, deviation = normalised(checks)
    inner = coefficients[0, 0, 8:-8, 8:-8]
    assert deviation[0, 0, 16, 16].item() == pytest.approx(10, rel=1e-2)
    assert inner.abs().mean().item() == pytest.approx(10 / 11, rel=1e-2)


def test_patches_are_blocks_of_the_image() -> None:
    image = torch.arange(40.0 * 48).view(1, 1, 40, 48)
    blocks = view_as_blocks(image[0, 0, :32].numpy(), (16, 16)).reshape(6, 256)
    np.testing.assert_array_equal(patches(image, 16)[0], blocks)


def test_features_are_36_a_patch_and_blind_to_brightness() -> None:
    images = made(2, 0)[..., :64] * 0.5
    found, sharpness = features(images)
    assert found.shape == (2, 16, 36) and sharpness.shape == (2, 16)
    np.testing.assert_allclose(found[..., :18], features(images + 51 / 255)[0][..., :18], rtol=0.03, atol=0.02)


def test_real_is_the_most_natural_then_blurred_then_noise_and_nothing() -> None:
    pristine, test = fit_pristine(made(60, 1)), made(20, 2)
    generator = torch.Generator().manual_seed(3)
    others = {
        "blurred": blur(test, 1.5),
        "grained": (test + 0.1 * torch.randn(test.shape, generator=generator)).clamp(0, 1),
        "noise": torch.rand(test.shape, generator=generator),
        "constant": torch.full_like(test, 0.4),
    }
    own = niqe(test, pristine)
    assert np.isfinite(own).all()
    for kind, images in others.items():
        assert niqe(images, pristine).min() > own.max(), kind


def test_no_image_is_measured_by_a_model_it_had_part_in() -> None:
    real, patients = made(40, 4), np.repeat(np.arange(20), 2)
    found = naturalness(real, {"reconstructed": real, "edited": blur(real, 1)}, patients)
    assert found["reconstructed"] == found["real"]
    assert found["edited"]["low"] > found["real"]["high"]
    self_fitted = niqe(real, fit_pristine(real)).mean()
    assert self_fitted < found["real"]["value"] and found["real"]["patients"] == 20

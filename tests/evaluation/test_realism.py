import numpy as np
import pytest
import torch
from torchmetrics.image.fid import _compute_fid
from torchmetrics.image.kid import poly_mmd

from causaray.evaluation.images.spectrum import high_frequency_power, radial_power
from causaray.evaluation.measures.realism import (
    PairedKid,
    feature_distances,
    frechet,
    kid_interval,
    polynomial_mmd,
    power,
)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_kernel_distance_agrees_with_torchmetrics(rng: np.random.Generator) -> None:
    x, y = rng.normal(0, 1, (60, 16)), rng.normal(0.7, 1, (60, 16))
    reference = poly_mmd(torch.from_numpy(x), torch.from_numpy(y))
    assert polynomial_mmd(x, y) == pytest.approx(float(reference), rel=1e-6)


def test_distance_of_independent_sets_with_its_interval(rng: np.random.Generator) -> None:
    made, real = rng.normal(0.5, 1, (40, 8)), rng.normal(size=(50, 8))
    found = kid_interval(made, real, np.arange(50))
    assert found["value"] == pytest.approx(1000 * polynomial_mmd(made, real))
    assert found["low"] < found["value"] < found["high"]
    twice = kid_interval(made, np.repeat(real, 2, axis=0), np.repeat(np.arange(50), 2))
    assert twice["value"] == pytest.approx(found["value"]), "a patient's images are not compared with one another"


def test_paired_distance_is_the_mean_over_pairs_of_patients(rng: np.random.Generator) -> None:
    real, made, patients = rng.normal(size=(5, 4)), rng.normal(1, 1, (2, 5, 4)), np.array([0, 0, 1, 2, 3])

    def k(a: np.ndarray, b: np.ndarray) -> float:
        return float((a @ b / 4 + 1) ** 3)

    by_hand = np.mean([
        k(m[i], m[j]) + k(real[i], real[j]) - k(m[i], real[j]) - k(m[j], real[i])
        for m in made for i in range(5) for j in range(5) if patients[i] != patients[j]
    ])  # fmt: skip
    assert PairedKid(made, real, patients)(np.arange(5)) == pytest.approx(by_hand)
    assert np.isnan(PairedKid(made, real, patients)(np.array([0, 1, 1])))


def test_paired_distance_of_a_second_draw_is_that_of_independent_sets(rng: np.random.Generator) -> None:
    real, made = rng.normal(0, 1, (300, 16)), rng.normal(0.4, 1, (300, 16))
    paired = PairedKid(made[None], real, np.arange(300))(np.arange(300))
    assert paired == pytest.approx(polynomial_mmd(made, real), rel=0.05)


def test_a_copy_is_no_better_than_real(rng: np.random.Generator) -> None:
    real = rng.normal(0, 1, (40, 16))
    assert PairedKid(real[None], real, np.arange(40))(np.arange(40)) == pytest.approx(0, abs=1e-9)
    assert polynomial_mmd(real, real) < -0.01, "what keeping own pairs would say of it"


def test_frechet_distance_agrees_with_torchmetrics_where_there_are_enough_images(rng: np.random.Generator) -> None:
    x, y = rng.normal(0, 1, (80, 8)), rng.normal(0.5, 2, (70, 8))
    moments = [torch.from_numpy(m) for f in (x, y) for m in (f.mean(0), np.cov(f, rowvar=False))]
    assert frechet(x, y) == pytest.approx(float(_compute_fid(*moments)), rel=1e-6)
    assert frechet(x[:8], y) is None


def test_distances_grow_with_what_is_wrong(rng: np.random.Generator) -> None:
    real = rng.normal(0, 1, (60, 16))
    blurred, ruined = real + 0.5, np.stack([real + 1.5, real + 1.5])
    found = feature_distances(real, blurred, ruined, np.arange(60))
    kid = found["kid_x1000"]
    assert 0 < kid["reconstructed"]["high"] < kid["edited"]["low"]
    assert found["kid_ratio"]["value"] > 1 and abs(found["kid_x1000_control_real"]) < kid["edited"]["value"]
    assert np.isnan(feature_distances(real, real, ruined, np.arange(60))["kid_ratio"]["value"])


def wave(cycles: float) -> torch.Tensor:
    return torch.cos(2 * torch.pi * cycles * torch.arange(64)).expand(1, 1, 64, 64)


def test_high_frequency_power_of_known_waves() -> None:
    assert high_frequency_power(wave(0.125)).item() == pytest.approx(0, abs=1e-6)
    once, twice = high_frequency_power(torch.cat([wave(0.375), 2 * wave(0.375)]))
    assert (twice / once).item() == pytest.approx(4, rel=1e-4)
    assert high_frequency_power(wave(0.375) + 5).item() == pytest.approx(once.item(), rel=1e-4)


def test_a_wave_stands_in_its_ring() -> None:
    rings = radial_power(wave(0.25))
    assert len(rings) == 32 and int(np.argmax(rings)) == 16
    noise = radial_power(torch.randn(50, 1, 64, 64, generator=torch.Generator().manual_seed(0)))
    assert np.allclose(noise[1:], 1, atol=0.15), "white noise has the same power everywhere"


def test_power_is_compared_image_by_image() -> None:
    real = wave(0.375).repeat(6, 1, 1, 1)
    found = power(real, 2 * real, torch.stack([2 * real, 4 * real]), np.arange(6))
    assert found["power_edited_to_reconstructed"]["value"] == pytest.approx(2.5, rel=1e-4)
    assert found["power_reconstructed_to_real"]["value"] == pytest.approx(4, rel=1e-4)
    assert found["power_edited_to_real"]["low"] == pytest.approx(10, rel=1e-4)

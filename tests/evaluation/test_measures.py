import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torchmetrics.image.kid import poly_mmd

from causaray.evaluation.bootstrap import interval, mean_interval
from causaray.evaluation.effect import effect, separation
from causaray.evaluation.identity import own_patient
from causaray.evaluation.realism import high_frequency_power, kid, polynomial_mmd
from causaray.evaluation.reconstruction import summary


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_reconstruction_agrees_with_skimage(rng: np.random.Generator) -> None:
    x = rng.random((3, 1, 64, 64)).astype(np.float32)
    y = (x + rng.normal(0, 0.05, x.shape)).clip(0, 1).astype(np.float32)
    found = summary(torch.from_numpy(x), torch.from_numpy(y))
    for i in range(3):
        assert found["psnr"][i].item() == pytest.approx(
            peak_signal_noise_ratio(x[i, 0], y[i, 0], data_range=1), abs=1e-3
        )
        reference = structural_similarity(
            x[i, 0], y[i, 0], data_range=1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
        assert found["ssim"][i].item() == pytest.approx(reference, abs=5e-3)


def test_kernel_distance_agrees_with_torchmetrics_and_ranks_as_it_should(rng: np.random.Generator) -> None:
    x, y = rng.normal(0, 1, (60, 16)), rng.normal(0.7, 1, (80, 16))
    reference = poly_mmd(torch.from_numpy(x), torch.from_numpy(y[:60]))
    assert polynomial_mmd(x, y[:60]) == pytest.approx(float(reference), rel=1e-4)
    assert abs(kid(x, rng.normal(0, 1, (80, 16)))["value"]) < 0.3 * kid(x, y)["value"]


def test_high_frequency_power_of_known_waves() -> None:
    axis = torch.arange(64)
    slow = torch.cos(2 * torch.pi * 0.125 * axis).expand(1, 1, 64, 64)
    fast = torch.cos(2 * torch.pi * 0.375 * axis).expand(1, 1, 64, 64)
    assert high_frequency_power(slow).item() == pytest.approx(0, abs=1e-6)
    both = high_frequency_power(torch.cat([fast, 2 * fast]))
    assert (both[1] / both[0]).item() == pytest.approx(4, rel=1e-4)
    assert high_frequency_power(fast + 5).item() == pytest.approx(both[0].item(), rel=1e-4)


def test_interval_draws_patients_not_images() -> None:
    values = np.repeat([0.0, 1.0], 50)
    images = mean_interval(values, np.arange(100))
    patients = mean_interval(values, np.repeat(["a", "b"], 50))
    assert images["value"] == patients["value"] == 0.5
    assert images["high"] - images["low"] < 0.25
    assert (patients["low"], patients["high"]) == (0.0, 1.0), "two patients tell next to nothing"
    assert interval(lambda rows: float(values[rows].mean()), np.arange(100), seed=1) == interval(
        lambda rows: float(values[rows].mean()), np.arange(100), seed=1
    )


def test_separation_of_equal_and_of_apart_scores() -> None:
    patients = np.arange(40)
    scores = np.linspace(0, 1, 40)
    assert separation(scores, scores, patients)["value"] == pytest.approx(0.5)
    assert separation(scores + 2, scores, patients)["value"] == 1.0


def test_effect_has_its_controls_and_sees_through_texture() -> None:
    torch.manual_seed(0)
    factual = torch.rand(30, 1, 32, 32) * 0.1 + 0.4
    checker = 0.1 * ((torch.arange(32)[:, None] + torch.arange(32)) % 2)
    found = effect(
        lambda x: (x[..., 1:] - x[..., :-1]).abs().mean((1, 2, 3)).numpy(),
        factual + checker, factual, factual, np.arange(30),
    )  # fmt: skip
    assert found["as edited"]["value"] == 1.0
    assert found["low-passed"]["value"] < 0.7, "an effect made of texture must vanish where an eye would not see it"
    assert found["control copied input"] == pytest.approx(0.5)
    assert found["control shuffled sides"]["low"] < 0.5 < found["control shuffled sides"]["high"]
    assert found["raised"] == 1.0


def test_identity_finds_the_own_patient_and_only_that() -> None:
    gallery, patients = np.eye(4), np.array(["a", "a", "b", "c"])
    features = np.array([[0.1, 1, 0, 0], [0, 0, 1, 0.2], [1, 0, 0, 0.0]])
    found = own_patient(features, gallery, np.array(["a", "b", "c"]), patients)
    assert found.tolist() == [True, True, False]

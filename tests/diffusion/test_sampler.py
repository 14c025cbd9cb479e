import math

import torch
from torch import Tensor

from causaray.diffusion.sampler import guided, multistep
from causaray.diffusion.schedule import alpha_sigma, diffuse


def gaussian_oracle(mean: float, deviation: float):
    """The exact v-prediction when z_0 ~ N(mean, deviation^2)."""

    def denoise(z: Tensor, t: Tensor) -> Tensor:
        alpha, sigma = alpha_sigma(t)
        gain = alpha * deviation**2 / (alpha**2 * deviation**2 + sigma**2)
        signal = mean + gain * (z - alpha * mean)
        noise = (z - alpha * signal) / sigma
        return alpha * noise - sigma * signal

    return denoise


def test_it_turns_noise_into_the_distribution_of_a_gaussian_oracle() -> None:
    noise = torch.randn((4096, 1, 1, 1), generator=torch.Generator().manual_seed(0))
    z = multistep(gaussian_oracle(2.0, 0.5), noise, 0.999, 100)
    assert math.isclose(z.mean(), 2.0, abs_tol=0.05)
    assert math.isclose(z.std(), 0.5, abs_tol=0.05)


def test_the_error_falls_faster_than_the_step() -> None:
    z0 = torch.full((1, 1, 1, 1), 3.0)
    start = diffuse(z0, torch.ones_like(z0), torch.tensor([0.7]))
    fine = multistep(gaussian_oracle(2.0, 0.5), start, 0.7, 2000)
    errors = [float((multistep(gaussian_oracle(2.0, 0.5), start, 0.7, n) - fine).abs()) for n in (40, 80, 160)]
    assert errors[0] > 2.7 * errors[1] > 2.7**2 * errors[2], "half the step: half the error of a first-order sampler"


def test_a_point_mass_is_found_from_any_partial_noise() -> None:
    target = torch.randn(1, 1, 4, 4)

    def oracle(z: Tensor, t: Tensor) -> Tensor:
        alpha, sigma = alpha_sigma(t)
        return alpha * (z - alpha * target) / sigma - sigma * target

    z = multistep(oracle, diffuse(target, torch.randn_like(target), torch.tensor([0.4])), 0.4, 7)
    torch.testing.assert_close(z, target, atol=1e-5, rtol=0)


def test_guidance_extrapolates_and_scale_one_is_the_condition_alone() -> None:
    z, t = torch.zeros(2, 1, 1, 1), torch.ones(2)
    toward, away = (lambda z, t: z + 3.0), (lambda z, t: z + 1.0)
    assert guided(toward, away, 1.0)(z, t).unique().item() == 3.0
    assert guided(toward, away, 2.5)(z, t).unique().item() == 1.0 + 2.5 * 2.0

"""Samplers against closed forms: of a Gaussian the whole denoising is known."""

import math

import pytest
import torch
from torch import Tensor

from causaray.diffusion.sampler import ancestral, ddim, guided, heun, multistep
from causaray.diffusion.schedule import alpha_sigma, diffuse, times

MEAN, DEVIATION = 2.0, 0.5


def oracle(z: Tensor, t: Tensor) -> Tensor:
    """The exact v-prediction when z_0 ~ N(MEAN, DEVIATION^2): alpha E[eps | z] - sigma E[z_0 | z]."""
    alpha, sigma = alpha_sigma(t)
    variance = alpha**2 * DEVIATION**2 + sigma**2
    surprise = (z - alpha * MEAN) / variance
    return alpha * sigma * surprise - sigma * (MEAN + alpha * DEVIATION**2 * surprise)


def carried(z: Tensor, start: float, end: float) -> Tensor:
    """Where the probability flow takes z exactly: the standardised value stays."""
    (a, s), (a_end, s_end) = (alpha_sigma(torch.tensor([t])) for t in (start, end))
    standard = (z - a * MEAN) / (a**2 * DEVIATION**2 + s**2).sqrt()
    return a_end * MEAN + standard * (a_end**2 * DEVIATION**2 + s_end**2).sqrt()


def error(sampler, steps: int, start: float = 0.9) -> float:
    z = torch.full((1, 1, 1, 1), 1.7, dtype=torch.float64)
    made = sampler(oracle, z, times(start, steps).double())
    return float((made - carried(z, start, 0.0)).abs())


@pytest.mark.parametrize(("sampler", "order"), [(ddim, 1), (multistep, 2), (heun, 2)])
def test_each_sampler_converges_with_its_order_on_a_gaussian(sampler, order: int) -> None:
    coarse, fine = error(sampler, 320), error(sampler, 1280)
    assert math.log(coarse / fine, 4) == pytest.approx(order, abs=0.25)


def test_at_few_steps_the_second_order_pays() -> None:
    assert error(multistep, 8) < 0.2 * error(ddim, 8)
    assert error(heun, 8) < 0.2 * error(ddim, 16), "two calls a step"


@pytest.mark.parametrize("sampler", [ddim, multistep, heun, ancestral])
def test_noise_becomes_the_distribution(sampler) -> None:
    noise = torch.randn((8192, 1, 1, 1), generator=torch.Generator().manual_seed(0))
    known = {"generator": torch.Generator().manual_seed(1)} if sampler is ancestral else {}
    z = sampler(oracle, noise, times(0.999, 100), **known)
    assert z.mean() == pytest.approx(MEAN, abs=0.05)
    assert z.std() == pytest.approx(DEVIATION, abs=0.05)


def test_ddim_forwards_undoes_ddim_backwards_as_steps_shrink() -> None:
    z = torch.full((1, 1, 1, 1), 1.7, dtype=torch.float64)
    at = times(0.9, 400).double()
    assert float((ddim(oracle, ddim(oracle, z, at), at.flip(0)) - z).abs()) < 1e-2


def test_a_point_mass_is_found_from_any_partial_noise() -> None:
    target = torch.randn(1, 1, 4, 4)

    def of_a_point(z: Tensor, t: Tensor) -> Tensor:
        alpha, sigma = alpha_sigma(t)
        return alpha * (z - alpha * target) / sigma - sigma * target

    z = multistep(of_a_point, diffuse(target, torch.randn_like(target), torch.tensor([0.4])), times(0.4, 7))
    torch.testing.assert_close(z, target, atol=1e-5, rtol=0)


@pytest.mark.parametrize("sampler", [ddim, multistep, heun])
def test_a_hook_that_only_looks_leaves_the_sample_bit_identical(sampler) -> None:
    seen: list[Tensor] = []

    def look(i: int, z: Tensor) -> Tensor:
        seen.append(z.clone())
        return z

    z = torch.randn(2, 1, 4, 4)
    assert torch.equal(sampler(oracle, z, times(0.9, 5)), sampler(oracle, z, times(0.9, 5), look))
    assert len(seen) == 5


def test_no_steps_return_the_input() -> None:
    z = torch.randn(2, 1, 4, 4)
    for sampler in (ddim, multistep, heun, ancestral):
        assert sampler(oracle, z, torch.tensor([0.0])) is z


def test_guidance_extrapolates_and_scale_one_is_the_condition_alone() -> None:
    z, t = torch.zeros(2, 1, 1, 1), torch.ones(2)
    toward, away = (lambda z, t: z + 3.0), (lambda z, t: z + 1.0)
    assert guided(toward, away, 1.0)(z, t).unique().item() == 3.0
    assert guided(toward, away, 2.5)(z, t).unique().item() == 1.0 + 2.5 * 2.0

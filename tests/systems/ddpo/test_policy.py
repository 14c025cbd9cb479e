"""Denoising as decisions: probabilities, ratios and advantages against what is known in closed form."""

import numpy as np
import pytest
import torch
from tiny_prior import save_untrained_prior

from causaray.diffusion.prior import Prior
from causaray.diffusion.sampler import ancestral
from causaray.priors.text_prior import load_prior
from causaray.priors.text_to_image import START
from causaray.systems.ddpo.advantages import PromptStatistics
from causaray.systems.ddpo.objective import clipped_loss, divergence, log_ratio
from causaray.systems.ddpo.policy import Move, Sampling, log_probability, sample, step

pytest.importorskip("diffusers", reason="priors need the extra `prior`")
TEXTS = ["edema", "no edema", "edema", "no edema", "edema"]


@pytest.fixture(scope="module")
def prior(tmp_path_factory: pytest.TempPathFactory) -> Prior:
    return load_prior(save_untrained_prior(tmp_path_factory.mktemp("prior") / "tiny"))


def move(mean: torch.Tensor, sigma: float, seed: int = 0) -> Move:
    """A move drawn about `mean`."""
    noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(seed))
    made, deviation = mean + sigma * noise, torch.full((len(mean), 1, 1, 1), sigma)
    return Move(0.5, 0.4, mean, made, mean, log_probability(made, mean, deviation))


def test_the_probability_is_the_gaussians_per_dimension() -> None:
    made, mean = torch.randn(2, 3, 2, 4, 4, dtype=torch.float64)
    deviation = torch.tensor([0.3, 1.0, 2.0], dtype=torch.float64).view(-1, 1, 1, 1)
    expected = torch.distributions.Normal(mean, deviation).log_prob(made).mean((1, 2, 3))
    torch.testing.assert_close(log_probability(made, mean, deviation), expected)


def test_samples_are_those_of_the_houses_ancestral_sampler(prior: Prior) -> None:
    times, noise = prior.clock.times(START, 5), prior.noise(3, 1)
    denoise = prior.denoiser(prior.embed(TEXTS[:3]))
    z, moves = sample(denoise, noise, times.tolist(), torch.Generator().manual_seed(7), keep=(0, 2))
    with torch.no_grad():
        expected = ancestral(denoise, noise, times, generator=torch.Generator().manual_seed(7))
    torch.testing.assert_close(z, expected, atol=1e-5, rtol=1e-5)
    assert [one.now for one in moves] == [times[0].item(), times[2].item()]


@pytest.mark.parametrize("guidance", [1.0, 3.0])
@pytest.mark.parametrize("bf16", [False, True])
def test_a_stored_step_recomputed_has_the_probability_that_was_stored(
    prior: Prior, guidance: float, bf16: bool
) -> None:
    sampling = Sampling(4, guidance, batch=2, bf16=bf16)
    for i, (_, moves) in enumerate(sampling.draw(prior, TEXTS, 3, keep=(0, 1, 2))):
        assert len(moves) == 3  # and none of the last step, which has no probability
        denoise = sampling.denoiser(prior, TEXTS[2 * i : 2 * i + 2])
        for one in moves:
            mean, deviation = step(denoise, one.z, one.now, one.after)
            again = log_probability(one.made, mean.detach(), deviation)
            assert (again - one.log_probability).abs().max() < 1e-6
            other = log_probability(one.made, mean.detach() + 0.1, deviation)
            assert (other - one.log_probability).abs().min() > 1e-6


def test_a_row_has_the_same_noise_whatever_is_said(prior: Prior) -> None:
    sampling = Sampling(3, batch=2)
    few, many = sampling.latents(prior, TEXTS[:2], 5), sampling.latents(prior, TEXTS, 5)
    torch.testing.assert_close(few, many[:2])
    assert not torch.equal(many[0], sampling.latents(prior, TEXTS[:2], 6)[0])


def test_times_that_do_not_end_at_0_are_refused(prior: Prior) -> None:
    with pytest.raises(ValueError, match="end at 0"):
        sample(lambda z, t: z, prior.noise(1, 0), [0.9, 0.5], torch.Generator())


def test_the_normalised_ratio_has_no_bias_and_the_same_spread_at_every_noise() -> None:
    old, moved = torch.zeros(4000, 2, 4, 4), 0.05
    spread = {}
    for sigma in (0.05, 0.5):
        drawn, deviation = move(old, sigma), torch.full((len(old), 1, 1, 1), sigma)
        plain, normalised = (log_ratio(drawn, old + moved, deviation, kind) for kind in (False, True))
        expected = -(moved**2) / (2 * sigma**2)  # E log rho
        assert plain.mean().item() == pytest.approx(expected, abs=0.15 * abs(expected))
        assert abs(normalised.mean().item()) < 0.1 * normalised.std().item()
        noise = (drawn.made - old) / sigma
        torch.testing.assert_close(normalised, (noise * moved).mean((1, 2, 3)).double(), atol=1e-5, rtol=1e-3)
        spread[sigma] = plain.std().item(), normalised.std().item()
    assert spread[0.05][0] == pytest.approx(10 * spread[0.5][0], rel=0.05)
    assert spread[0.05][1] == pytest.approx(spread[0.5][1], rel=0.05)


def test_the_gradient_is_the_policy_gradient_until_rho_has_left_the_clip() -> None:
    log_rho = torch.tensor([0.0, 0.5, 0.5, -0.5, -0.5], dtype=torch.float64, requires_grad=True)
    advantage = torch.tensor([2.0, 1.0, -1.0, 1.0, -1.0], dtype=torch.float64)
    clipped_loss(log_rho, advantage, 0.1).backward()
    grown, shrunk = np.exp(0.5) / 5, np.exp(-0.5) / 5
    assert log_rho.grad is not None
    assert log_rho.grad.tolist() == pytest.approx([-0.4, 0.0, grown, -shrunk, 0.0])


def test_the_distance_to_the_prior_is_the_divergence_of_gaussians() -> None:
    one, other = torch.randn(2, 3, 2, 4, 4)
    sigma = torch.full((3, 1, 1, 1), 0.7)
    normal = torch.distributions.Normal
    expected = torch.distributions.kl_divergence(normal(one, sigma), normal(other, sigma)).mean()
    torch.testing.assert_close(divergence(one, other, sigma), expected)


def test_advantages_are_against_the_rewards_of_the_same_prompt() -> None:
    statistics = PromptStatistics(buffer=4, least=4, most=5.0)
    prompts, rewards = np.array([0, 0, 1, 1]), np.array([0.0, 1.0, 0.5, 1.0])
    first = statistics.advantages(prompts, rewards)
    assert first == pytest.approx((rewards - rewards.mean()) / rewards.std(), rel=1e-4)  # too few of each: the batch's
    second = statistics.advantages(prompts, rewards)
    assert second == pytest.approx([-1, 1, -1, 1], rel=1e-4)
    again = PromptStatistics(buffer=4, least=4)
    again.restore(statistics.state())
    later = np.array([1.0, 1.0, 1.0, 1.0])
    assert again.advantages(prompts, later).tolist() == statistics.advantages(prompts, later).tolist()
    assert statistics.state()[0] == [0.0, 1.0, 1.0, 1.0]  # the last four


def test_rewards_that_are_alike_teach_nothing_and_none_teaches_too_much() -> None:
    statistics = PromptStatistics(least=2, most=5.0)
    assert not statistics.advantages(np.zeros(6, int), np.full(6, 0.1)).any()
    rare = np.append(np.zeros(31), 1.0)
    assert statistics.advantages(np.ones(32, int), rare).max() == 5.0

import torch

from causaray.diffusion.schedule import alpha_sigma, diffuse, times, to_noise, to_signal, velocity


def test_signal_and_noise_come_back_exactly() -> None:
    z, noise = torch.randn(2, 5, 1, 8, 8).double()
    t = 0.01 + 0.99 * torch.rand(5).double()
    noisy = diffuse(z, noise, t)
    torch.testing.assert_close(to_signal(noisy, velocity(z, noise, t), t), z)
    torch.testing.assert_close(to_noise(noisy, z, t), noise)


def test_schedule_preserves_variance_and_has_known_values() -> None:
    alpha, sigma = alpha_sigma(torch.tensor([0.0, 0.5, 1.0]))
    torch.testing.assert_close(alpha**2 + sigma**2, torch.ones(3, 1, 1, 1))
    torch.testing.assert_close(alpha.flatten(), torch.tensor([1.0, 0.5**0.5, 0.0]), atol=1e-6, rtol=0)


def test_times_run_from_start_to_zero() -> None:
    torch.testing.assert_close(times(0.6, 3), torch.tensor([0.6, 0.4, 0.2, 0.0]))

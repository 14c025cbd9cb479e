import torch

from causaray.diffusion.schedule import alpha_sigma, diffuse, times, to_signal_and_noise, velocity


def test_signal_and_noise_come_back_exactly() -> None:
    z, noise, t = torch.randn(5, 1, 8, 8).double(), torch.randn(5, 1, 8, 8).double(), torch.rand(5).double()
    signal, eps = to_signal_and_noise(diffuse(z, noise, t), velocity(z, noise, t), t)
    torch.testing.assert_close(signal, z)
    torch.testing.assert_close(eps, noise)


def test_schedule_preserves_variance_and_has_known_values() -> None:
    alpha, sigma = alpha_sigma(torch.tensor([0.0, 0.5, 1.0]))
    torch.testing.assert_close(alpha**2 + sigma**2, torch.ones(3, 1, 1, 1))
    torch.testing.assert_close(alpha.flatten(), torch.tensor([1.0, 0.5**0.5, 0.0]), atol=1e-6, rtol=0)


def test_times_run_from_start_to_zero() -> None:
    torch.testing.assert_close(times(0.6, 3), torch.tensor([0.6, 0.4, 0.2, 0.0]))

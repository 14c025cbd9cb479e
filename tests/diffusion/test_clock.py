import pytest
import torch

from causaray.diffusion.clock import AngleClock, StepClock
from causaray.diffusion.schedule import velocity

ALPHA_BAR = torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2, 0)


@pytest.mark.parametrize("clock", [AngleClock(), StepClock(ALPHA_BAR, "epsilon"), StepClock(ALPHA_BAR, "v_prediction")])
def test_the_weighted_error_of_v_is_the_error_of_what_the_network_says(clock):
    torch.manual_seed(0)
    t = clock.draw(64)
    z, noise, off = torch.randn(3, 64, 2, 3, 3)
    z_t = torch.cos(t * torch.pi / 2).view(-1, 1, 1, 1) * z + torch.sin(t * torch.pi / 2).view(-1, 1, 1, 1) * noise
    v = velocity(z, noise, t)
    target = noise if getattr(clock, "prediction", "") == "epsilon" else v
    error = clock.velocity(target + off, z_t, t) - v
    torch.testing.assert_close(clock.weight(t) * error.square(), off.square(), atol=1e-3, rtol=1e-3)


def test_times_are_drawn_among_the_steps_of_a_schedule():
    clock = StepClock(ALPHA_BAR, "epsilon")
    steps = clock.network_time(clock.draw(500))
    torch.testing.assert_close(steps, steps.round(), atol=2e-2, rtol=0)
    assert steps.min() < 50 and steps.max() > 950

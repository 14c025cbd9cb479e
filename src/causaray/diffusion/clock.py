"""The time of a denoiser that others trained, as ours.

Any variance-preserving schedule is ours run at another pace: alpha^2 + sigma^2 = 1, so its noise level is an angle,
theta = atan2(sigma, alpha), and t = 2 theta / pi. Samplers, inversion and hooks know t in [0, 1] alone.
"""

import math
from typing import Literal, Protocol

import torch
from torch import Tensor

from causaray.diffusion.schedule import alpha_sigma

Prediction = Literal["epsilon", "v_prediction"]


class Clock(Protocol):
    """What a network means by time and by its output."""

    def network_time(self, t: Tensor) -> Tensor:
        """The network's own time (B,) at t (B,) in [0, 1]."""
        ...

    def velocity(self, output: Tensor, z: Tensor, t: Tensor) -> Tensor:
        """v at z (B, C, H, W) and t (B,) from what the network says there."""
        ...

    def times(self, start: float, steps: int) -> Tensor:
        """steps + 1 times from `start` down to 0, spaced as the network was meant to be sampled."""
        ...

    def draw(self, n: int) -> Tensor:
        """n times (n,) at random, as the network is trained on them."""
        ...

    def weight(self, t: Tensor) -> Tensor:
        """What the squared error of v at t (B,) is multiplied by to be that of the network's output: (B, 1, 1, 1)."""
        ...


class AngleClock:
    """Our own: time is the angle, in thousandths, and the output is v."""

    def network_time(self, t: Tensor) -> Tensor:
        return 1000 * t

    def velocity(self, output: Tensor, z: Tensor, t: Tensor) -> Tensor:
        return output

    def times(self, start: float, steps: int) -> Tensor:
        return torch.linspace(start, 0.0, steps + 1)

    def draw(self, n: int) -> Tensor:
        return torch.rand(n)

    def weight(self, t: Tensor) -> Tensor:
        return torch.ones_like(t).view(-1, 1, 1, 1)


class StepClock:
    """Discrete steps of a DDPM schedule (Stable Diffusion's): alpha_bar (N,) of its steps, falling."""

    def __init__(self, alpha_bar: Tensor, prediction: Prediction) -> None:
        self.prediction = prediction
        self.angles = torch.acos(alpha_bar.double().sqrt()) * 2 / math.pi

    def network_time(self, t: Tensor) -> Tensor:
        """The step whose noise level is that of t, between two where it lies between."""
        angles = self.angles.to(t.device)
        wanted = t.double().clamp(angles[0], angles[-1])
        above = torch.searchsorted(angles, wanted).clamp(1, len(angles) - 1)
        low, high = angles[above - 1], angles[above]
        return (above - 1 + (wanted - low) / (high - low)).to(t.dtype)

    def velocity(self, output: Tensor, z: Tensor, t: Tensor) -> Tensor:
        if self.prediction == "v_prediction":
            return output
        alpha, sigma = alpha_sigma(t)
        return (output - sigma * z) / alpha

    def times(self, start: float, steps: int) -> Tensor:
        """Evenly spaced in steps of the schedule, the last one to t = 0."""
        first = float(self.network_time(torch.tensor([start])))
        at = torch.linspace(first, 0, steps + 1)[:-1].double()
        low, share = at.floor().long(), at - at.floor()
        high = (low + 1).clamp(max=len(self.angles) - 1)
        angles = self.angles[low] + share * (self.angles[high] - self.angles[low])
        return torch.cat([angles, torch.zeros(1, dtype=torch.float64)]).float()

    def draw(self, n: int) -> Tensor:
        return self.angles[torch.randint(len(self.angles), (n,))].float()

    def weight(self, t: Tensor) -> Tensor:
        """v = (eps - sigma z) / alpha: an error of eps is alpha times that of v."""
        if self.prediction == "v_prediction":
            return torch.ones_like(t).view(-1, 1, 1, 1)
        return alpha_sigma(t)[0].square()

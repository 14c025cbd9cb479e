"""The schedule: cosine in log-SNR, shifted toward noise for images of more pixels (Hoogeboom et al. 2023)."""

import math

import torch
from torch import Tensor

from causaray.diffusion.schedule import alpha_sigma

NOISE_SIDE = 64
"""Side in pixels of the images for which the schedule is not shifted."""
LIMIT = 15.0
"""logSNR lies within +- this of the middle."""
MIN_SNR = 5.0
"""Above this signal-to-noise ratio all times weigh alike."""


class LogSnrClock:
    """A `diffusion.clock.Clock` with logSNR(u) = -2 log tan(a + u (b - a)) + 2 log(64 / size), u in [0, 1].

    alpha^2 = sigmoid(logSNR). The house's time t is the angle atan2(sigma, alpha) * 2 / pi; u is the network's time.
    """

    def __init__(self, size: int) -> None:
        shift = math.log(NOISE_SIDE / size)
        self.stretch = math.exp(-shift)  # tan(angle) is multiplied by it: SNR by (64 / size) ** 2
        self.low, self.high = (math.atan(math.exp(-(side * LIMIT + shift) / 2)) for side in (1, -1))

    def time(self, u: Tensor) -> Tensor:
        """t (B,) of the network's time u (B,)."""
        angle = self.low + u * (self.high - self.low)
        return _stretched(angle, self.stretch) * (2 / math.pi)

    def network_time(self, t: Tensor) -> Tensor:
        """u (B,) of t (B,), within [0, 1]."""
        angle = _stretched(t * (math.pi / 2), 1 / self.stretch)
        return ((angle - self.low) / (self.high - self.low)).clamp(0, 1)

    def velocity(self, output: Tensor, z: Tensor, t: Tensor) -> Tensor:
        """The network says v."""
        return output

    def times(self, start: float, steps: int) -> Tensor:
        """steps + 1 times from `start` down to 0, even in u."""
        first = float(self.network_time(torch.tensor([start])))
        return torch.cat([self.time(torch.linspace(first, 0.0, steps + 1)[:-1]), torch.zeros(1)])

    def draw(self, n: int) -> Tensor:
        """n times (n,), even in u."""
        return self.time(torch.rand(n))

    def weight(self, t: Tensor) -> Tensor:
        """What the squared error of v is multiplied by in training: (B, 1, 1, 1).

        The paper's weight of the error of eps is 1 / (1 + min(SNR, 5)), and that error is alpha times that of v.
        """
        alpha, sigma = alpha_sigma(t)
        snr = (alpha / sigma.clamp(min=1e-6)).square()
        return alpha.square() / (1 + snr.clamp(max=MIN_SNR))


def _stretched(angle: Tensor, by: float) -> Tensor:
    """The angle whose tangent is `by` times that of an angle in [0, pi / 2]."""
    return torch.atan2(by * angle.sin(), angle.cos())

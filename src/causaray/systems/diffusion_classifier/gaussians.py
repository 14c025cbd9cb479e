"""The exact denoiser of a Gaussian: of a class of which nothing is known but mean and covariance."""

import torch
from torch import Tensor, nn

from causaray.diffusion.schedule import alpha_sigma

SMALLEST = 1e-5
"""The least variance of a coefficient about its mean."""


class ClassGaussian(nn.Module):
    """z ~ N(mu, B diag(lambda) B' + rho (1 - B B')), D numbers with K principal axes B (Tipping and Bishop 1999).

    With x = z_t - alpha mu, along an axis of variance s the best prediction is v = h(s) x - sigma mu, where
    h(s) = alpha sigma (1 - s) / (alpha^2 s + sigma^2), and it errs with variance s / (alpha^2 s + sigma^2).
    """

    mu: Tensor
    axes: Tensor
    spread: Tensor
    rest: Tensor

    def __init__(self, shape: tuple[int, int, int], axes: int) -> None:
        super().__init__()
        d = torch.Size(shape).numel()
        self.register_buffer("mu", torch.zeros(shape))
        self.register_buffer("axes", torch.zeros(d, axes))
        self.register_buffer("spread", torch.ones(axes))
        self.register_buffer("rest", torch.ones(()))

    def fit(self, z: Tensor, about: Tensor, space: Tensor, rest: Tensor) -> None:
        """To coefficients z (N, C, H, W) of a class, which differs from others in `space` alone: orthonormal (D, K).

        about: mean of all classes; rest: the variance beside `space`, that they share.
        """
        within = (z - about).flatten(1) @ space
        centre = within.mean(0)
        x = within - centre
        spread, turn = torch.linalg.eigh(x.T @ x / (len(x) - 1))
        self.mu.copy_(about + (space @ centre).view_as(about))
        self.spread.copy_(spread.clamp(min=SMALLEST))
        self.axes.copy_(space @ turn)
        self.rest.copy_(rest)

    def forward(self, z: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """v (B, C, H, W) at z (B, C, H, W) and t (B,), and by how much it errs, (B, 1, 1, 1): root mean square."""
        alpha, sigma = (part[:, :, 0, 0] for part in alpha_sigma(t))
        along, beside = alpha.square() * self.spread + sigma.square(), alpha.square() * self.rest + sigma.square()
        x = (z - alpha[:, :, None, None] * self.mu).flatten(1)
        others = alpha * sigma * (1 - self.rest) / beside
        turned = (alpha * sigma * (1 - self.spread) / along - others) * (x @ self.axes)
        v = (others * x + turned @ self.axes.T).view_as(z) - sigma[:, :, None, None] * self.mu
        d, k = self.axes.shape
        error = ((self.spread / along).sum(1, keepdim=True) + (d - k) * self.rest / beside) / d
        return v, error.sqrt()[:, :, None, None]


def principal(x: Tensor, axes: int) -> tuple[Tensor, Tensor]:
    """The principal axes (D, axes) of rows x (N, D), N above `axes`, and the mean variance beside them."""
    _, size, turned = torch.linalg.svd(x - x.mean(0), full_matrices=False)
    rest = size[axes:].square().sum() / (len(x) - 1) / max(x.shape[1] - axes, 1)
    return turned[:axes].T, rest.clamp(min=SMALLEST)

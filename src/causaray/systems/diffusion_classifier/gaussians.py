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

    def fit(self, z: Tensor) -> None:
        """To coefficients z (N, C, H, W), by maximum likelihood; with few images, axes without variance are left."""
        self.mu.copy_(z.mean(0))
        x = (z - self.mu).flatten(1)
        _, size, axes = torch.linalg.svd(x, full_matrices=False)
        k, variance = min(len(self.spread), len(z) - 1), size.square() / (len(z) - 1)
        self.rest.copy_(variance[k:].sum() / max(x.shape[1] - k, 1)).clamp_(min=SMALLEST)
        self.spread.fill_(float(self.rest))[:k] = variance[:k].clamp(min=SMALLEST)
        self.axes.zero_()[:, :k] = axes[:k].T

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

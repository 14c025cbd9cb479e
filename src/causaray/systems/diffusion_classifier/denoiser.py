"""The class-conditional denoiser of wavelet coefficients, and its loss."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from causaray.devices import autocast
from causaray.diffusion.schedule import alpha_sigma, diffuse, velocity
from causaray.nets.denoiser import MapDenoiser
from causaray.systems.diffusion_classifier.log_snr import LogSnrClock
from causaray.systems.diffusion_classifier.wavelets import haar, inverse_haar

SMALLEST = 1e-5
"""Variance of a coefficient that is the same in all training images."""


@dataclass(frozen=True)
class Shape:
    """size: side of the images in pixels. levels: of the wavelet transform. patch: side of a token in coefficients.
    dim, layers: of the transformer. bf16: it computes in bfloat16."""

    size: int = 64
    levels: int = 2
    patch: int = 2
    dim: int = 128
    layers: int = 4
    bf16: bool = True


class ClassDenoiser(nn.Module):
    """v(z_t, t | findings) of wavelet coefficients z (B, C, H, W), by a transformer over patches (the paper's DiT).

    Evidence (n,) or (B, n) says of each finding present 1, absent -1, nothing 0; all 0 is the null class.

    Before training it is the best denoiser of Gaussians: z ~ N(mu, s^2) with the mean mu of the class and the variance
    s^2 of each coefficient, both of the training images. With x = z_t - alpha mu and d = alpha^2 s^2 + sigma^2 that is
    v = alpha sigma (1 - s^2) / d x - sigma mu, which errs by s / sqrt(d). The transformer sees x / sqrt(d) and adds
    what is left, in units of that error (as Karras et al. 2022 scale theirs).
    """

    mean: Tensor
    contrast: Tensor
    variance: Tensor

    def __init__(self, n_findings: int, shape: Shape) -> None:
        super().__init__()
        self.levels, self.bf16, side = shape.levels, shape.bf16, shape.size // 2**shape.levels
        self.n_findings, self.clock = n_findings, LogSnrClock(shape.size)
        self.register_buffer("mean", torch.zeros(4**shape.levels, side, side))
        self.register_buffer("contrast", torch.zeros(n_findings, 4**shape.levels, side, side))
        self.register_buffer("variance", torch.ones(4**shape.levels, side, side))
        self.net = MapDenoiser(n_findings, side, shape.dim, shape.layers, 4**shape.levels, side // shape.patch)

    @property
    def device(self) -> torch.device:
        """Where it is."""
        return self.net.position.device

    def encode(self, images: Tensor) -> Tensor:
        """The wavelet coefficients of images (B, 1, S, S) in [0, 1], on the net's device."""
        return haar(images.to(self.device), self.levels)

    def decode(self, z: Tensor) -> Tensor:
        """Images of wavelet coefficients, not clamped."""
        return inverse_haar(z, self.levels)

    def conditions(self, j: int) -> Tensor:
        """The two classes of finding j: evidence (2, n), absent and present, of all else nothing."""
        evidence = torch.zeros(2, self.n_findings, device=self.device)
        evidence[:, j] = torch.tensor([-1.0, 1.0])
        return evidence

    def forward(self, z: Tensor, t: Tensor, evidence: Tensor) -> Tensor:
        evidence, (alpha, sigma) = evidence.expand(len(z), -1), alpha_sigma(t)
        mu = self.mean + torch.einsum("bn,nchw->bchw", evidence, self.contrast)
        x, d = z - alpha * mu, alpha.square() * self.variance + sigma.square()
        with autocast(z.device, self.bf16):
            rest: Tensor = self.net(x / d.sqrt(), self.clock.network_time(t), evidence)
        return (self.variance / d).sqrt() * rest + alpha * sigma * (1 - self.variance) / d * x - sigma * mu

    def fit_gaussians(self, z: Tensor, labels: Tensor) -> None:
        """Means and variance of training coefficients z (N, C, H, W) of labels (N, n), 1, 0 or NaN unknown.

        A finding's classes lie half the difference of their means to either side of the mean of all.
        """
        self.mean.copy_(z.mean(0))
        self.variance.copy_(z.var(0).clamp(min=SMALLEST))
        for j, column in enumerate(labels.T):
            present, absent = (z[column == state] for state in (1, 0))
            if len(present) and len(absent):
                self.contrast[j] = (present.mean(0) - absent.mean(0)) / 2


def loss(net: ClassDenoiser, z: Tensor, evidence: Tensor) -> Tensor:
    """E w(t) ||eps_hat - eps||^2, mean over the coefficients z (B, C, H, W), under evidence (B, n)."""
    t, noise = net.clock.draw(len(z)).to(z.device), torch.randn_like(z)
    error = net(diffuse(z, noise, t), t, evidence) - velocity(z, noise, t)
    return (net.clock.weight(t) * error.square()).mean()

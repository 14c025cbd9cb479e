"""The class-conditional denoiser of wavelet coefficients, and its loss."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from causaray.devices import autocast
from causaray.diffusion.schedule import alpha_sigma, diffuse, velocity
from causaray.nets.denoiser import MapDenoiser
from causaray.systems.diffusion_classifier.log_snr import LogSnrClock
from causaray.systems.diffusion_classifier.wavelets import haar, inverse_haar


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

    Evidence (n,) or (B, n) says of each finding present 1, absent -1, nothing 0; all 0 is the null class. The mean of
    the class is taken off z_t and put back into v, so that the transformer learns only what is around it: with z = mu +
    x it sees alpha x + sigma eps, and v is that of x less sigma mu. The means are of the training images.
    """

    mean: Tensor
    contrast: Tensor

    def __init__(self, n_findings: int, shape: Shape) -> None:
        super().__init__()
        self.levels, self.bf16, side = shape.levels, shape.bf16, shape.size // 2**shape.levels
        self.n_findings, self.clock = n_findings, LogSnrClock(shape.size)
        self.register_buffer("mean", torch.zeros(4**shape.levels, side, side))
        self.register_buffer("contrast", torch.zeros(n_findings, 4**shape.levels, side, side))
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
        with autocast(z.device, self.bf16):
            v: Tensor = self.net(z - alpha * mu, self.clock.network_time(t), evidence)
        return v - sigma * mu

    def fit_means(self, z: Tensor, labels: Tensor) -> None:
        """Means of training coefficients z (N, C, H, W) of labels (N, n), 1, 0 or NaN unknown.

        A finding's classes lie half the difference of their means to either side of the mean of all.
        """
        self.mean.copy_(z.mean(0))
        for j, column in enumerate(labels.T):
            present, absent = (z[column == state] for state in (1, 0))
            if len(present) and len(absent):
                self.contrast[j] = (present.mean(0) - absent.mean(0)) / 2


def loss(net: ClassDenoiser, z: Tensor, evidence: Tensor) -> Tensor:
    """E w(t) ||eps_hat - eps||^2, mean over the coefficients z (B, C, H, W), under evidence (B, n)."""
    t, noise = net.clock.draw(len(z)).to(z.device), torch.randn_like(z)
    error = net(diffuse(z, noise, t), t, evidence) - velocity(z, noise, t)
    return (net.clock.weight(t) * error.square()).mean()

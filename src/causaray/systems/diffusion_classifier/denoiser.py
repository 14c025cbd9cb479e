"""The class-conditional denoiser of wavelet coefficients, and its loss."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from causaray.devices import autocast
from causaray.diffusion.schedule import alpha_sigma, diffuse, velocity
from causaray.nets.denoiser import MapDenoiser
from causaray.systems.diffusion_classifier.gaussians import SMALLEST, ClassGaussian, principal
from causaray.systems.diffusion_classifier.log_snr import LogSnrClock
from causaray.systems.diffusion_classifier.wavelets import haar, inverse_haar

CLASSES = (-1.0, 0.0, 1.0)
"""The finding is absent, nothing is said of it (the null class), it is present."""


@dataclass(frozen=True)
class Shape:
    """size: side of the images in pixels. levels: of the wavelet transform. patch: side of a token in coefficients.
    dim, layers: of the transformer. axes: of each class's Gaussian. bf16: the transformer computes in bfloat16."""

    size: int = 64
    levels: int = 3
    patch: int = 2
    dim: int = 96
    layers: int = 2
    axes: int = 128
    bf16: bool = True

    @property
    def latent(self) -> tuple[int, int, int]:
        """Of the wavelet coefficients of one image: channels, height, width."""
        side = self.size // 2**self.levels
        return 4**self.levels, side, side


class ClassDenoiser(nn.Module):
    """v(z_t, t | class) of wavelet coefficients z (B, C, H, W): a Gaussian's of each class, and what is left of it.

    A class (1,) or (B, 1) is one of CLASSES. The Gaussians are fitted to the training images; the transformer over
    patches (the paper's DiT) is told the class, too, and adds what they miss, in units of their own error.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape, self.clock = shape, LogSnrClock(shape.size)
        channels, side, _ = shape.latent
        self.gaussians = nn.ModuleList(ClassGaussian(shape.latent, shape.axes) for _ in CLASSES)
        self.register_buffer("mean", torch.zeros(shape.latent))
        self.register_buffer("variance", torch.ones(shape.latent))
        self.net = MapDenoiser(1, side, shape.dim, shape.layers, channels, side // shape.patch)

    @property
    def device(self) -> torch.device:
        """Where it is."""
        return self.net.position.device

    def encode(self, images: Tensor) -> Tensor:
        """The wavelet coefficients of images (B, 1, S, S) in [0, 1], on the net's device."""
        return haar(images.to(self.device), self.shape.levels)

    def decode(self, z: Tensor) -> Tensor:
        """Images of wavelet coefficients, not clamped."""
        return inverse_haar(z, self.shape.levels)

    def conditions(self, j: int = 0) -> Tensor:
        """The two classes of its one finding: absent and present, (2, 1)."""
        return torch.tensor([[CLASSES[0]], [CLASSES[2]]], device=self.device)

    def forward(self, z: Tensor, t: Tensor, label: Tensor) -> Tensor:
        label, (alpha, sigma) = label.expand(len(z), -1), alpha_sigma(t)
        v, unit = torch.empty_like(z), torch.empty_like(alpha)
        for one, gaussian in zip(CLASSES, self.gaussians, strict=True):
            rows = label[:, 0].sign() == one
            if rows.any():
                v[rows], unit[rows] = gaussian(z[rows], t[rows])
        seen = (z - alpha * self.mean) / (alpha.square() * self.variance + sigma.square()).sqrt()
        with autocast(z.device, self.shape.bf16):
            left: Tensor = self.net(seen, self.clock.network_time(t), label)
        return v + unit * left

    def fit_gaussians(self, z: Tensor, label: Tensor) -> None:
        """The Gaussians to training coefficients z (N, C, H, W), N above the number of axes, of classes (N, 1).

        The classes have their own means and covariances along the principal axes of all images, and share the rest.
        """
        self.mean.copy_(z.mean(0))
        self.variance.copy_(z.var(0).clamp(min=SMALLEST))
        space, rest = principal(z.flatten(1), self.shape.axes)
        for one, gaussian in zip(CLASSES, self.gaussians, strict=True):
            assert isinstance(gaussian, ClassGaussian)
            gaussian.fit(z if one == 0 else z[label[:, 0] == one], self.mean, space, rest)


def loss(net: ClassDenoiser, z: Tensor, label: Tensor) -> Tensor:
    """E w(t) ||eps_hat - eps||^2, mean over the coefficients z (B, C, H, W), of classes (B, 1)."""
    t, noise = net.clock.draw(len(z)).to(z.device), torch.randn_like(z)
    error = net(diffuse(z, noise, t), t, label) - velocity(z, noise, t)
    return (net.clock.weight(t) * error.square()).mean()

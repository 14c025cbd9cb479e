"""The class-conditional denoiser of wavelet coefficients, and its loss."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from causaray.devices import autocast
from causaray.diffusion.schedule import diffuse, velocity
from causaray.nets.blocks import fourier_features
from causaray.nets.denoiser import FindingEncoder
from causaray.nets.residual_unet import ResidualUNet
from causaray.systems.diffusion_classifier.log_snr import LogSnrClock
from causaray.systems.diffusion_classifier.wavelets import haar, inverse_haar


@dataclass(frozen=True)
class Shape:
    """size: side of the images in pixels. levels: of the wavelet transform. width: channels of the U-Net at each
    resolution, from fine to coarse. dim: of the vector of time and class. bf16: the net computes in bfloat16."""

    size: int = 64
    levels: int = 2
    width: tuple[int, ...] = (48, 96)
    dim: int = 96
    bf16: bool = True

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Shape":
        """Of config.json. Raises TypeError or KeyError for what is none."""
        return cls(**{**values, "width": tuple(values["width"])})


class ClassDenoiser(nn.Module):
    """v(z_t, t | findings) of wavelet coefficients z (B, C, H, W).

    Evidence (n,) or (B, n) says of each finding present 1, absent -1, nothing 0; all 0 is the null class. Time and
    class scale and shift the channels of every block; the paper's U-Net attends to its class.
    """

    def __init__(self, n_findings: int, shape: Shape) -> None:
        super().__init__()
        self.size, self.levels, self.bf16, self.dim = shape.size, shape.levels, shape.bf16, shape.dim
        self.clock = LogSnrClock(shape.size)
        self.findings = FindingEncoder(n_findings, shape.dim)
        self.vector = nn.Sequential(nn.Linear(2 * shape.dim, shape.dim), nn.SiLU())
        self.unet = ResidualUNet(4**shape.levels, 4**shape.levels, shape.width, shape.dim)

    def encode(self, images: Tensor) -> Tensor:
        """The wavelet coefficients of images (B, 1, S, S) in [0, 1], on the net's device."""
        return haar(images.to(self.findings.present.weight.device), self.levels)

    def decode(self, z: Tensor) -> Tensor:
        """Images of wavelet coefficients, not clamped."""
        return inverse_haar(z, self.levels)

    def conditions(self, j: int) -> Tensor:
        """The two classes of finding j: evidence (2, n), absent and present, of all else nothing."""
        evidence = torch.zeros(2, self.findings.present.in_features, device=self.findings.present.weight.device)
        evidence[:, j] = torch.tensor([-1.0, 1.0])
        return evidence

    def forward(self, z: Tensor, t: Tensor, evidence: Tensor) -> Tensor:
        condition = self.findings(evidence.expand(len(z), -1))
        time = fourier_features(self.clock.network_time(t), self.dim)
        with autocast(z.device, self.bf16):
            v: Tensor = self.unet(z, self.vector(torch.cat([time, condition], 1)))
        return v.float()


def loss(net: ClassDenoiser, z: Tensor, evidence: Tensor) -> Tensor:
    """E w(t) ||eps_hat - eps||^2, mean over the coefficients z (B, C, H, W), under evidence (B, n)."""
    t, noise = net.clock.draw(len(z)).to(z.device), torch.randn_like(z)
    error = net(diffuse(z, noise, t), t, evidence) - velocity(z, noise, t)
    return (net.clock.weight(t) * error.square()).mean()

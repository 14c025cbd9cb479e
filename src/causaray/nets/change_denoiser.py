"""The denoiser of what a request changes in the pathology maps: a small U-Net that sees the patient."""

import torch
from torch import Tensor, nn

from causaray.nets.blocks import fourier_features
from causaray.nets.denoiser import FindingEncoder
from causaray.nets.residual_unet import ResidualUNet


class ChangeDenoiser(nn.Module):
    """v-prediction of a change (B, k, p, p) of pathology maps at t (B,), given the patient's channels and a request.

    patient (B, n, p, p): the identity channels and the pathology maps before; evidence (B, c) of the request's columns.
    """

    def __init__(self, columns: int, channels: int, patient: int, width: int) -> None:
        super().__init__()
        self.columns, self.channels, self.width = columns, channels, width
        self.request = FindingEncoder(columns, 2 * width)
        self.vector = nn.Sequential(
            nn.Linear(3 * width, 2 * width), nn.SiLU(), nn.Linear(2 * width, 2 * width), nn.SiLU()
        )
        self.net = ResidualUNet(channels + patient, channels, (width, width * 3 // 2, width * 2), 2 * width)

    def forward(self, z: Tensor, t: Tensor, patient: Tensor, evidence: Tensor) -> Tensor:
        vector = self.vector(torch.cat([fourier_features(t, self.width), self.request(evidence)], dim=1))
        return self.net(torch.cat([z, patient], dim=1), vector).float()

"""The denoiser of what a request puts into the pathology maps: a small U-Net that sees the patient."""

import torch
from torch import Tensor, nn

from causaray.nets.blocks import fourier_features
from causaray.nets.denoiser import FindingEncoder
from causaray.nets.residual_unet import ResidualUNet


class RequestDenoiser(nn.Module):
    """v-prediction of maps (B, 1, p, p) at t (B,), given maps of the patient and a request.

    patient (B, n, p, p): whatever is known of the patient place by place; evidence (B, c) of the request's columns.
    """

    def __init__(self, columns: int, patient: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.request = FindingEncoder(columns, 2 * width)
        self.vector = nn.Sequential(
            nn.Linear(3 * width, 2 * width), nn.SiLU(), nn.Linear(2 * width, 2 * width), nn.SiLU()
        )
        self.net = ResidualUNet(1 + patient, 1, (width, width * 3 // 2, width * 2), 2 * width)

    def forward(self, z: Tensor, t: Tensor, patient: Tensor, evidence: Tensor) -> Tensor:
        vector = self.vector(torch.cat([fourier_features(t, self.width), self.request(evidence)], dim=1))
        return self.net(torch.cat([z, patient], dim=1), vector).float()

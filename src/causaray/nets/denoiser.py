"""The denoiser of the pathology map: a small transformer conditioned on the findings."""

import torch
from torch import Tensor, nn

from causaray.nets.blocks import TransformerLayer, fourier_features, patchify, unpatchify

GRID = 8
"""Tokens a side: maps of any size are cut into an 8 x 8 grid of patches."""


class Standardiser(nn.Module):
    """Maps latents to zero mean and unit deviation and back; fitted once on the encoded training set."""

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(1))
        self.register_buffer("deviation", torch.ones(1))

    def fit(self, z: Tensor) -> None:
        self.mean.fill_(z.mean())
        self.deviation.fill_(z.std())

    def forward(self, z: Tensor) -> Tensor:
        return (z - self.mean) / self.deviation

    def inverse(self, z: Tensor) -> Tensor:
        return z * self.deviation + self.mean


class FindingEncoder(nn.Module):
    """Evidence (B, n) - present 1, absent -1, not mentioned 0 - to a vector (B, dim); all zeros is the null condition.

    The text slot of the paper (BiomedCLIP), filled by what a prompt means instead of how it reads: prompts are parsed
    to findings first, so that a negation cannot be mistaken for a mention.
    """

    def __init__(self, n_findings: int, dim: int) -> None:
        super().__init__()
        self.present = nn.Linear(n_findings, dim, bias=False)
        self.absent = nn.Linear(n_findings, dim, bias=False)

    def forward(self, evidence: Tensor) -> Tensor:
        return self.present(evidence.clamp(min=0)) + self.absent((-evidence).clamp(min=0))


class PathologyDenoiser(nn.Module):
    """v-prediction of the pathology map (B, 1, p, p) at t (B,), given evidence (B, n).

    It must not see the identity channels: they still betray the patient's own findings, and a denoiser that can read
    those there stops listening to the request.
    """

    def __init__(self, n_findings: int, pathology_size: int, dim: int, layers: int) -> None:
        super().__init__()
        self.patch, self.size = pathology_size // GRID, pathology_size
        self.embed = nn.Linear(self.patch**2, dim)
        self.position = nn.Parameter(torch.randn(1, GRID * GRID, dim) * 0.02)
        self.findings = FindingEncoder(n_findings, dim)
        self.vector = nn.Sequential(nn.SiLU(), nn.Linear(2 * dim, dim), nn.SiLU())
        self.layers = nn.ModuleList(TransformerLayer(dim, 4, modulated=True) for _ in range(layers))
        self.norm, self.out = nn.LayerNorm(dim), nn.Linear(dim, self.patch**2)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, z: Tensor, t: Tensor, evidence: Tensor) -> Tensor:
        h = self.embed(patchify(z, self.patch)[:, 0]) + self.position
        condition = self.findings(evidence)
        vector = self.vector(torch.cat([fourier_features(t, condition.shape[1]), condition], dim=1))
        h = h + condition[:, None]
        for layer in self.layers:
            h = layer(h, vector)
        return unpatchify(self.out(self.norm(h))[:, None], self.patch, self.size).float()

"""The denoiser of maps, such as the pathology map: a small transformer conditioned on the findings."""

import torch
from torch import Tensor, nn

from causaray.nets.blocks import TransformerLayer, fourier_features, patchify, unpatchify

GRID = 8
"""Tokens a side: maps of any size are cut into an 8 x 8 grid of patches."""


class Standardiser(nn.Module):
    """Maps latents to zero mean and unit deviation and back; fitted once on the encoded training set.

    Of several channels each has its own.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, channels: int = 1) -> None:
        super().__init__()
        shape = (1,) if channels == 1 else (channels, 1, 1)
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("deviation", torch.ones(shape))

    def fit(self, z: Tensor) -> None:
        """Mean and deviation of latents (N, channels, H, W)."""
        self.mean.copy_(z.mean((0, 2, 3)).view_as(self.mean))
        self.deviation.copy_(z.transpose(0, 1).flatten(1).std(1).view_as(self.deviation))

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


class PhraseEncoder(nn.Module):
    """Evidence (B, n) to a vector (B, dim) through what a frozen text model makes of the findings' phrases.

    present, absent (n, width): embeddings of "edema", "no edema" and so on, kept with the weights, so that the text
    model is needed for training alone. Only their projection is learned.
    """

    present: Tensor
    absent: Tensor

    def __init__(self, n_findings: int, width: int, dim: int) -> None:
        super().__init__()
        self.register_buffer("present", torch.zeros(n_findings, width))
        self.register_buffer("absent", torch.zeros(n_findings, width))
        self.project = nn.Linear(width, dim, bias=False)

    def forward(self, evidence: Tensor) -> Tensor:
        return self.project(evidence.clamp(min=0) @ self.present + (-evidence).clamp(min=0) @ self.absent)


class TextEncoder(nn.Module):
    """Word numbers (B, L), 0 where there is none, to a vector (B, dim); no words at all are the null condition."""

    def __init__(self, words: int, length: int, dim: int) -> None:
        super().__init__()
        self.words = nn.Embedding(words, dim, padding_idx=0)
        self.position = nn.Parameter(torch.randn(1, length, dim) * 0.02)
        self.layer, self.norm = TransformerLayer(dim, 4), nn.LayerNorm(dim)

    def forward(self, words: Tensor) -> Tensor:
        there = (words > 0)[:, :, None]
        h = self.norm(self.layer((self.words(words.long()) + self.position) * there)) * there
        return h.sum(1) / there.sum(1).clamp(min=1)


class MapDenoiser(nn.Module):
    """v-prediction of maps (B, channels, p, p) at t (B,), given evidence (B, n).

    grid: tokens a side; text: width of a text model's embeddings (`PhraseEncoder`), 0 where findings are learned;
    words, length: of the texts that are read in place of evidence (`TextEncoder`), 0 words where there are none.

    That of the pathology map must not see the identity channels: they still betray the patient's own findings, and a
    denoiser that can read those there stops listening to the request.
    """

    def __init__(
        self, n_findings: int, size: int, dim: int, layers: int, channels: int = 1, grid: int = GRID, text: int = 0,
        words: int = 0, length: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.patch, self.size, self.channels = size // grid, size, channels
        self.embed = nn.Linear(channels * self.patch**2, dim)
        self.position = nn.Parameter(torch.randn(1, grid * grid, dim) * 0.02)
        self.findings: nn.Module
        if words:
            self.findings = TextEncoder(words, length, dim)
        else:
            self.findings = PhraseEncoder(n_findings, text, dim) if text else FindingEncoder(n_findings, dim)
        self.vector = nn.Sequential(nn.SiLU(), nn.Linear(2 * dim, dim), nn.SiLU())
        self.layers = nn.ModuleList(TransformerLayer(dim, 4, modulated=True) for _ in range(layers))
        self.norm, self.out = nn.LayerNorm(dim), nn.Linear(dim, channels * self.patch**2)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, z: Tensor, t: Tensor, evidence: Tensor) -> Tensor:
        h = self.embed(patchify(z, self.patch).transpose(1, 2).flatten(2)) + self.position
        condition = self.findings(evidence)
        vector = self.vector(torch.cat([fourier_features(t, condition.shape[1]), condition], dim=1))
        h = h + condition[:, None]
        for layer in self.layers:
            h = layer(h, vector)
        tokens = self.out(self.norm(h)).unflatten(2, (self.channels, -1)).transpose(1, 2)
        return unpatchify(tokens, self.patch, self.size).float()

"""The few building blocks that the convolutional nets share."""

import torch
from torch import Tensor, nn


def group_norm(channels: int) -> nn.GroupNorm:
    """Group normalisation with groups of at least 8 channels."""
    return nn.GroupNorm(max(1, channels // 8), channels)


class ResBlock(nn.Module):
    """Two 3x3 convolutions with a skip: (B, C, H, W) -> (B, C, H, W). The identity at initialisation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = group_norm(channels), group_norm(channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(nn.functional.silu(self.norm1(x)))
        return x + self.conv2(nn.functional.silu(self.norm2(h)))


def downsample(inner: int, outer: int) -> nn.Conv2d:
    """Halve the resolution: (B, inner, H, W) -> (B, outer, H/2, W/2)."""
    return nn.Conv2d(inner, outer, 4, stride=2, padding=1)


class TransformerLayer(nn.Module):
    """Pre-norm self-attention and MLP over tokens (B, L, D), if asked modulated by a vector (B, D) (adaLN-zero)."""

    def __init__(self, dim: int, heads: int, modulated: bool = False) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(dim, elementwise_affine=not modulated)
        self.norm2 = nn.LayerNorm(dim, elementwise_affine=not modulated)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(approximate="tanh"), nn.Linear(4 * dim, dim))
        self.modulation = nn.Linear(dim, 6 * dim) if modulated else None
        if self.modulation is not None:
            nn.init.zeros_(self.modulation.weight)
            nn.init.zeros_(self.modulation.bias)

    def _heads(self, x: Tensor) -> Tensor:
        """Queries, keys and values (3, B, heads, L, D / heads) of tokens (B, L, D)."""
        b, length, dim = x.shape
        return self.qkv(x).view(b, length, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)

    def attention(self, x: Tensor) -> Tensor:
        """Who looks at whom, before this layer changes tokens x (B, L, D): (B, L, L), rows of sum 1, mean over heads.

        Of layers without modulation.
        """
        q, k, _ = self._heads(self.norm1(x))
        return (q @ k.transpose(2, 3) / q.shape[-1] ** 0.5).softmax(-1).mean(1)

    def attend(self, x: Tensor) -> Tensor:
        b, length, dim = x.shape
        q, k, v = self._heads(x)
        return self.out(nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, length, dim))

    def forward(self, x: Tensor, vector: Tensor | None = None) -> Tensor:
        if self.modulation is None:
            x = x + self.attend(self.norm1(x))
            return x + self.mlp(self.norm2(x))
        shift1, scale1, gate1, shift2, scale2, gate2 = self.modulation(vector)[:, None].chunk(6, dim=-1)
        x = x + gate1 * self.attend(self.norm1(x) * (1 + scale1) + shift1)
        return x + gate2 * self.mlp(self.norm2(x) * (1 + scale2) + shift2)


def standardise(x: Tensor) -> Tensor:
    """Each image to zero mean and unit deviation, so that exposure is no evidence."""
    mean = x.mean((1, 2, 3), keepdim=True)
    return (x - mean) / (x.std((1, 2, 3), keepdim=True) + 1e-3)


def patchify(x: Tensor, patch: int) -> Tensor:
    """(B, C, H, W) -> tokens (B, C, (H/p)(W/p), p*p), each channel apart."""
    b, c, h, w = x.shape
    x = x.view(b, c, h // patch, patch, w // patch, patch)
    return x.permute(0, 1, 2, 4, 3, 5).reshape(b, c, -1, patch * patch)


def unpatchify(tokens: Tensor, patch: int, height: int) -> Tensor:
    """Inverse of `patchify` for maps of the given height."""
    b, c, length, _ = tokens.shape
    rows = height // patch
    x = tokens.view(b, c, rows, length // rows, patch, patch)
    return x.permute(0, 1, 2, 4, 3, 5).reshape(b, c, height, -1)


def fourier_features(t: Tensor, dim: int) -> Tensor:
    """Sinusoidal embedding of times in [0, 1]: (B,) -> (B, dim)."""
    frequencies = torch.exp(torch.linspace(0, 7, dim // 2, device=t.device))
    angles = t[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1)

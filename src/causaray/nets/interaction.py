"""The interaction transformer T: how identity and pathology channels act on each other (system 1, step 2)."""

import torch
from torch import Tensor, nn

from causaray.nets.blocks import TransformerLayer, patchify, unpatchify


class InteractionTransformer(nn.Module):
    """f = z + T(z) over tokens = channel x patch, with channel and position embeddings.

    (B, n, h, w) -> (B, n, h, w). The last projection starts at zero, so that f = z at initialisation and composing
    the channels is something the model has to learn, not to undo. Without layers (the ablation) f = z for good.
    """

    def __init__(self, channels: int, size: int, patch: int, dim: int, layers: int, heads: int = 4) -> None:
        super().__init__()
        self.patch, self.size = patch, size
        self.embed = nn.Linear(patch * patch, dim)
        self.channel = nn.Parameter(torch.randn(channels, 1, dim) * 0.02)
        self.position = nn.Parameter(torch.randn(1, (size // patch) ** 2, dim) * 0.02)
        self.layers = nn.ModuleList(TransformerLayer(dim, heads) for _ in range(layers))
        self.norm, self.out = nn.LayerNorm(dim), nn.Linear(dim, patch * patch)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, z: Tensor) -> Tensor:
        if not self.layers:
            return z
        tokens = self.embed(patchify(z, self.patch)) + self.channel + self.position
        shape = tokens.shape
        h = tokens.flatten(1, 2)
        for layer in self.layers:
            h = layer(h)
        return z + unpatchify(self.out(self.norm(h)).view(*shape[:3], -1), self.patch, self.size)

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

    def _tokens(self, z: Tensor) -> Tensor:
        return (self.embed(patchify(z, self.patch)) + self.channel + self.position).flatten(1, 2)

    def forward(self, z: Tensor) -> Tensor:
        if not self.layers:
            return z
        h = self._tokens(z)
        for layer in self.layers:
            h = layer(h)
        patches = self.out(self.norm(h)).unflatten(1, (z.shape[1], -1))
        return z + unpatchify(patches, self.patch, self.size)

    def attention(self, z: Tensor) -> Tensor:
        """Which patches act on which, layer by layer: (B, k, n, P, n, P) for P patches a channel.

        [b, l, i, p, j, q]: the share of its attention that patch p of channel i pays to patch q of channel j.
        """
        h, channels, seen = self._tokens(z), z.shape[1], []
        for layer in self.layers:
            seen.append(layer.attention(h))  # type: ignore[operator]
            h = layer(h)
        return torch.stack(seen, 1).unflatten(3, (channels, -1)).unflatten(2, (channels, -1))

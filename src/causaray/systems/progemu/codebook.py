"""Learned codes on the unit sphere (van den Oord et al. 2017), where few go unused (Yu et al. 2022, ViT-VQGAN)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from causaray.devices import autocast

COMMITMENT = 0.25
"""Weight of the pull of features to the codes, as van den Oord et al. have it."""


class Codebook(nn.Module):
    """n codes of `dim` numbers each, of length 1; features (..., dim) are of length 1, too."""

    def __init__(self, n: int, dim: int) -> None:
        super().__init__()
        self.vectors = nn.Parameter(normalize(torch.randn(n, dim), dim=-1))

    @property
    def codes(self) -> Tensor:
        """The codes (n, dim)."""
        return normalize(self.vectors, dim=-1)

    def nearest(self, features: Tensor) -> Tensor:
        """The number of the code nearest to each feature, in single precision wherever it is asked for."""
        with autocast(features.device, False):
            return (features.float() @ self.codes.T).argmax(-1)

    def passed(self, features: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """The codes of tokens, through which the gradient passes straight to the features; and the loss that draws
        both together, a mean."""
        codes = self.codes[tokens]
        apart = [(codes - features.detach()).square(), COMMITMENT * (features - codes.detach()).square()]
        pull = sum((one.sum() for one in apart), torch.tensor(0.0)) / max(1, features.numel())
        return features + (codes - features).detach(), pull

    @torch.no_grad()
    def restart(self, used: Tensor, features: Tensor) -> None:
        """Set the codes that are not `used`, bool (n,), to some of the features (N, dim), where there are any: what is
        near nothing never moves."""
        if not len(features):
            return
        idle = (~used).nonzero()[:, 0]
        chosen = torch.randint(len(features), (len(idle),))
        self.vectors[idle] = features[chosen] + 0.01 * torch.randn(len(idle), features.shape[-1])

"""The two nets of a member: the guide on a block of the vision transformer, and the denoiser of its labels."""

import torch
from torch import Tensor, nn

from causaray.nets.blocks import fourier_features

NARROW, HIDDEN, TIMES = 8, 32, 32


class Guide(nn.Module):
    """Tokens (B, L, D) of a block to the logit (B,) that the finding is there: the mapping of stage 1.

    The paper flattens the tokens as they are into a layer of 4096; here they are narrowed first.
    """

    def __init__(self, length: int, dim: int) -> None:
        super().__init__()
        self.narrow = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, NARROW), nn.Flatten())
        self.map = nn.Sequential(
            nn.Linear(length * NARROW, 2 * HIDDEN), nn.ReLU(), nn.Linear(2 * HIDDEN, HIDDEN // 2), nn.ReLU(),
            nn.Linear(HIDDEN // 2, 1),
        )  # fmt: skip

    def forward(self, tokens: Tensor) -> Tensor:
        return self.map(self.narrow(tokens))[:, 0].float()


class Denoiser(nn.Module):
    """eps_theta(x, y_t, y_hat, t): CARD's net, which sees pooled tokens of a block in place of the image.

    Each layer is scaled by the time; the first is multiplied by what the image says.
    """

    def __init__(self, dim: int, classes: int = 2) -> None:
        super().__init__()
        self.image = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, HIDDEN), nn.Softplus(), nn.Linear(HIDDEN, HIDDEN))
        inputs = (2 * classes, HIDDEN, HIDDEN)
        self.layers = nn.ModuleList(nn.Linear(width, HIDDEN) for width in inputs)
        self.scales = nn.ModuleList(nn.Linear(TIMES, HIDDEN) for _ in inputs)
        self.out = nn.Linear(HIDDEN, classes)

    def forward(self, image: Tensor, y_t: Tensor, y_hat: Tensor, t: Tensor) -> Tensor:
        """eps (..., B, K) for y_t (..., B, K) of images that `self.image` has seen (B, HIDDEN).

        y_hat is (B, K); t is in [0, 1], (..., B) or of one number.
        """
        times = fourier_features(t.reshape(-1), TIMES).view(*t.shape, TIMES)
        h = torch.cat([y_t, y_hat.expand_as(y_t)], -1)
        for i, (layer, scale) in enumerate(zip(self.layers, self.scales, strict=True)):
            h = nn.functional.softplus(layer(h) * (1 + scale(times)))
            if i == 0:
                h = h * image
        return self.out(h)


def pooled(tokens: Tensor) -> Tensor:
    """What a denoiser sees of a block: the mean of its tokens, (B, L, D) to (B, D)."""
    return tokens.mean(1).float()

"""The guide of stage 1 on digits: reads stroke thickness, intensity and digit from an image."""

import torch
from torch import Tensor, nn


class AttributeGuide(nn.Module):
    """Images (B, 1, 32, 32) in [0, 1] -> attributes (B, n): standardised thickness and intensity, then digit logits.

    Beside its convolutions the head is told how bright the ink is on average, sum x^2 / sum x, which no single pixel
    can bribe.
    """

    def __init__(self, n_attributes: int, width: int = 16, dim: int = 96) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, width, 5, stride=2, padding=2), nn.SiLU(),
            nn.Conv2d(width, 2 * width, 3, padding=1), nn.SiLU(),
            nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1), nn.SiLU(),
            nn.Conv2d(4 * width, 4 * width, 3, padding=1), nn.SiLU(),
            nn.Conv2d(4 * width, 4 * width, 4, stride=2, padding=1), nn.SiLU(), nn.Flatten(),
        )  # fmt: skip
        self.head = nn.Sequential(
            nn.Linear(4 * width * 16 + 1, dim), nn.SiLU(), nn.Linear(dim, dim), nn.SiLU(), nn.Linear(dim, n_attributes)
        )

    def forward(self, x: Tensor) -> Tensor:
        brightness = x.square().sum((1, 2, 3)) / (x.sum((1, 2, 3)) + 1)
        return self.head(torch.cat([self.body(2 * x - 1), brightness[:, None]], dim=1)).float()

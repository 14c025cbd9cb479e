"""The guide of digits: reads stroke thickness, intensity and digit from an image."""

import torch
from torch import Tensor, nn

EDGE = 12.0
"""How steeply the stroke begins: at half of the brightest pixel, as thickness is defined."""
NEAR = 0.1
"""How far from the middle, as a share of the stroke, a pixel still counts for its brightness."""


class AttributeGuide(nn.Module):
    """Images (B, 1, 32, 32) in [0, 1] -> attributes (B, n): standardised thickness and intensity, then digit logits.

    Its convolutions see where the stroke is, and only its head how bright the middle of that is: soft edges or grey
    seams cannot pass for thickness, nor a single pixel for brightness.
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
        stroke = torch.sigmoid(EDGE * (2 * x / x.amax((1, 2, 3), keepdim=True).detach() - 1))
        return self.head(torch.cat([self.body(2 * stroke - 1), 4 * brightness(x)], dim=1)).float()


def brightness(x: Tensor) -> Tensor:
    """About the median (B, 1) of the pixels of at least half the brightest one, for images (B, 1, H, W).

    Intensity is that median. Its gradient would reach a single pixel: this is a mean of the ranks around it.
    """
    pixels = x.flatten(1).sort(dim=1, descending=True).values
    n = (pixels >= pixels[:, :1] / 2).sum(1, keepdim=True)
    rank = (torch.arange(pixels.shape[1], device=x.device) + 0.5) / n
    weights = torch.relu(1 - (rank - 0.5).abs() / NEAR)
    return (weights * pixels).sum(1, keepdim=True) / weights.sum(1, keepdim=True)

"""AlexNet and VGG-16 up to their last convolution: what a guide looks with that has learned from photographs."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Layer:
    """One convolution with its rectifier, and the max-pooling (window, stride) that follows it."""

    width: int
    kernel: int = 3
    stride: int = 1
    pool: tuple[int, int] | None = None


_HALF, _OVERLAPPING = (2, 2), (3, 2)
ARCHITECTURES = {
    # Krizhevsky 2014 (arXiv 1404.5997)
    "alexnet": (
        Layer(64, 11, 4, _OVERLAPPING), Layer(192, 5, 1, _OVERLAPPING), Layer(384), Layer(256), Layer(256),
    ),
    # Simonyan & Zisserman 2014 (arXiv 1409.1556), configuration D
    "vgg16": (
        Layer(64), Layer(64, pool=_HALF), Layer(128), Layer(128, pool=_HALF), Layer(256), Layer(256),
        Layer(256, pool=_HALF), Layer(512), Layer(512), Layer(512, pool=_HALF), Layer(512), Layer(512), Layer(512),
    ),
}  # fmt: skip


class PhotographTrunk(nn.Module):
    """Standardised grey images (B, 1, H, W) -> the last feature map (B, width, h, w)."""

    def __init__(self, architecture: str) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inner = 1
        for layer in ARCHITECTURES[architecture]:
            padding = 2 if layer.kernel > 3 else 1
            layers += [nn.Conv2d(inner, layer.width, layer.kernel, layer.stride, padding), nn.ReLU()]
            layers += [nn.MaxPool2d(*layer.pool)] if layer.pool else []
            inner = layer.width
        self.layers, self.width = nn.Sequential(*layers), inner

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)

    def load_published(self, convolutions: list[tuple[np.ndarray, np.ndarray]]) -> None:
        """Take published kernels (h, w, in, out) and biases (out,); the first, of three colours, is summed to grey."""
        mine = [layer for layer in self.layers if isinstance(layer, nn.Conv2d)]
        for conv, (kernel, bias) in zip(mine, convolutions, strict=True):
            weight = torch.tensor(kernel).permute(3, 2, 0, 1)
            weight = weight.sum(1, keepdim=True) if conv.in_channels == 1 else weight
            conv.load_state_dict({"weight": weight, "bias": torch.tensor(bias)})

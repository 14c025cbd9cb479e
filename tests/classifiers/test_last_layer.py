"""A net that leans on a shortcut has what it needs: a line on balanced images finds it."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from causaray.classifiers.backbones import backbone
from causaray.classifiers.last_layer import features, readouts, retrain_last_layer
from causaray.errors import BadInput


class Shortcut(nn.Module):
    """Its features are the mean grey of the upper half, a noisy finding, and of the lower, an artifact it relies on."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(2, 1)
        self.head.weight.data, self.head.bias.data = torch.tensor([[1.0, 30.0]]), torch.tensor([-15.0])

    def forward(self, images: Tensor) -> Tensor:
        return self.head(torch.stack([half.mean((1, 2, 3)) for half in images.chunk(2, dim=2)], 1))


def world(n: int, agreement: float, seed: int) -> tuple[Tensor, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    finding = rng.integers(2, size=n)
    artifact = np.where(rng.random(n) < agreement, finding, 1 - finding)
    upper = 0.5 + 0.2 * (finding - 0.5) + 0.06 * rng.normal(size=n)
    lower = 0.25 + 0.5 * artifact + 0.02 * rng.normal(size=n)
    images = torch.from_numpy(np.stack([upper, lower], 1)).float().repeat_interleave(4, 1)[:, None, :, None]
    return images.expand(-1, -1, -1, 8), finding, 2 * finding + artifact


def worst(net: nn.Module, images: Tensor, finding: np.ndarray, group: np.ndarray) -> float:
    right = (net(images)[:, 0] > 0).numpy() == finding
    return min(right[group == g].mean() for g in range(4))


def test_the_worst_group_is_read_once_the_last_layer_is_trained_on_balanced_images() -> None:
    net, held, test = Shortcut().requires_grad_(False), world(400, 0.9, 1), world(800, 0.5, 2)
    assert worst(net, *test) < 0.05
    retrain_last_layer(net, *held)
    assert worst(net, *test) > 0.85


@pytest.mark.parametrize("name", ["small", "efficientnet-lite0", "resnet-18"])
def test_the_logits_of_every_backbone_are_its_features_through_its_readouts(name: str) -> None:
    torch.manual_seed(0)
    net = backbone(name, 2, 32).eval().requires_grad_(False)
    images = torch.rand(24, 1, 32, 32)
    labels, other = np.tile([0, 1], 12), net(images)[:, 1]
    retrain_last_layer(net, images, labels, labels, column=0)
    seen, layers = features(net, images), readouts(net)
    weight = np.concatenate([layer.weight[0].numpy() for layer in layers])
    bias = sum(float(layer.bias[0]) for layer in layers if layer.bias is not None)
    said = net(images)
    rounding = float(1e-6 * np.abs(seen * weight).sum(1).max()) + 1e-5  # nets that nobody trained have large features
    assert said[:, 0].numpy() == pytest.approx(seen @ weight + bias, abs=rounding)
    assert torch.allclose(said[:, 1], other), "other findings are read as before"


def test_what_teaches_nothing_is_refused() -> None:
    images, finding, group = world(20, 1.0, 0)
    with pytest.raises(BadInput, match="labels of one class"):
        retrain_last_layer(Shortcut(), images, np.ones(20), group)
    with pytest.raises(BadInput, match="Group 1 has no held-out images"):
        retrain_last_layer(Shortcut(), images, finding, group)

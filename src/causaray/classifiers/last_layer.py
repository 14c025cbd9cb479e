"""Deep feature reweighting: the last layer is trained anew on a balanced set (Kirichenko et al. 2023, 2204.02937).

A net that was trained on a shortcut has learned the finding's features, too; it weighs them wrongly.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from causaray.errors import BadInput

STRENGTHS = (1.0, 0.3, 0.1, 0.03, 0.01)
"""Of the penalty, l2 where the paper takes l1 (C of scikit-learn); that is taken whose line, trained on one half of the
balanced images, is best for the worst group of the other."""
SUBSETS = 10
"""Balanced subsets on which a line is fitted; their mean is the layer."""


def retrain_last_layer(
    net: nn.Module, images: Tensor, labels: np.ndarray, group: np.ndarray, column: int = 0, seed: int = 0
) -> nn.Module:
    """Train the read-out of one finding of a net anew, in place, on held-out images (N, 1, S, S); return the net.

    labels (N,), 1 or 0, are of finding `column`. group (N,): numbers of the groups; of each as many images are taken
    as the smallest has. Raises BadInput for labels of one class, and a group (from 0 to the largest) without images.
    """
    if len(np.unique(labels)) < 2:
        raise BadInput("The held-out images have labels of one class, of which no last layer can be trained.")
    counts = np.bincount(group)
    if counts.min() == 0:
        raise BadInput(f"Group {int(counts.argmin())} has no held-out images, so no balanced set can be drawn.")
    seen = features(net, images)
    middle, scale = seen.mean(0), seen.std(0).clip(1e-6)
    standard, rng = (seen - middle) / scale, np.random.default_rng(seed)
    strength = _chosen(standard, labels, group, rng)
    fits = [_fitted(standard, labels, rows, strength) for rows in _balanced(group, SUBSETS, rng)]
    weight = np.mean([one for one, _ in fits], 0) / scale
    bias = float(np.mean([shift for _, shift in fits]) - weight @ middle)
    _write(net, column, weight, bias)
    return net


@torch.no_grad()
def features(net: nn.Module, images: Tensor, batch: int = 64) -> np.ndarray:
    """What the read-out of a net takes, of images (N, 1, S, S): (N, d)."""
    with _inputs(net.eval()) as taken:
        for part in images.split(batch):
            net(part)
    return np.concatenate([torch.cat(parts).float().numpy() for parts in taken.values()], axis=1)


def readouts(net: nn.Module) -> list[nn.Linear]:
    """The linear layers whose sum is the logits: the last one, and those before it with as many outputs."""
    linear = [layer for layer in net.modules() if isinstance(layer, nn.Linear)]
    if not linear:
        raise BadInput("The net has no linear layer at its end that could be trained anew.")
    return [layer for layer in linear if layer.out_features == linear[-1].out_features]


@contextmanager
def _inputs(net: nn.Module) -> Iterator[dict[nn.Linear, list[Tensor]]]:
    taken: dict[nn.Linear, list[Tensor]] = {layer: [] for layer in readouts(net)}
    hooks = [layer.register_forward_pre_hook(lambda one, given: taken[one].append(given[0])) for layer in taken]
    try:
        yield taken
    finally:
        for hook in hooks:
            hook.remove()


def _write(net: nn.Module, column: int, weight: np.ndarray, bias: float) -> None:
    start, layers = 0, readouts(net)
    with torch.no_grad():
        for layer in layers:
            layer.weight[column] = torch.from_numpy(weight[start : start + layer.in_features]).to(layer.weight)
            start += layer.in_features
            if layer.bias is not None:
                layer.bias[column], bias = bias, 0.0


def _balanced(group: np.ndarray, draws: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    members = [np.flatnonzero(group == g) for g in range(group.max() + 1)]
    fewest = min(map(len, members))
    for _ in range(draws):
        yield np.concatenate([rng.choice(rows, fewest, replace=False) for rows in members])


def _fitted(x: np.ndarray, labels: np.ndarray, rows: np.ndarray, strength: float) -> tuple[np.ndarray, float]:
    from sklearn.linear_model import LogisticRegression

    line = LogisticRegression(C=strength, max_iter=1000).fit(x[rows], labels[rows])
    return line.coef_[0], float(line.intercept_[0])


def _chosen(x: np.ndarray, labels: np.ndarray, group: np.ndarray, rng: np.random.Generator) -> float:
    """The strength whose line, trained on one half of a balanced set, is best for the worst group of the other."""
    (rows,) = _balanced(group, 1, rng)
    rows = rng.permutation(rows)
    learned, held = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    if len(np.unique(labels[learned])) < 2:
        return STRENGTHS[0]

    def worst(strength: float) -> float:
        weight, bias = _fitted(x, labels, learned, strength)
        right = (x[held] @ weight + bias > 0) == labels[held]
        return float(min(right[group[held] == g].mean() for g in np.unique(group[held])))

    return max(STRENGTHS, key=worst)

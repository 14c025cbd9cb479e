"""What sampled outcomes are held against at the visits: paths (K, ...) and observed values (...), a loss a value."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]
VARIANCE_FLOOR = 1e-4
"""Least variance of the Gaussian likelihood, of outcomes in [0, 1]: of what never moves it would else be 0."""


def energy_score(paths: Tensor, observed: Tensor) -> Tensor:
    """mean |P - y| - 1 / (2 K (K - 1)) sum_(i != j) |P_i - P_j|, K >= 2: the CRPS, without bias in K.

    A proper score: least for paths spread as the outcomes are.
    """
    k = len(paths)
    # Of sorted values the sum of |P_i - P_j| over i < j counts the i-th from below 2 i - k + 1 times.
    rank = (2 * torch.arange(k, device=paths.device) - k + 1).view(-1, *[1] * observed.ndim)
    spread = (rank * paths.sort(0).values).sum(0) / (k * (k - 1))
    return (paths - observed).abs().mean(0) - spread


def gaussian_score(paths: Tensor, observed: Tensor) -> Tensor:
    """Negative log-likelihood of a Gaussian with mean and variance of the paths, but for a constant."""
    mean, variance = paths.mean(0), paths.var(0) + VARIANCE_FLOOR
    return ((observed - mean) ** 2 / variance + variance.log()) / 2


def squared_error(paths: Tensor, observed: Tensor) -> Tensor:
    """Mean squared error of each path by itself, as reviews tell the paper's loss. Least without noise: g goes to 0."""
    return ((paths - observed) ** 2).mean(0)


LOSSES: Mapping[str, Loss] = {"energy": energy_score, "gaussian": gaussian_score, "mse": squared_error}

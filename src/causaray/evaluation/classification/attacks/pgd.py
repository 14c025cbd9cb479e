"""Projected gradient descent."""

import torch
from torch import Tensor

from causaray.evaluation.classification.attacks.threat import Ball, Model, answer


def pgd(
    model: Model,
    images: Tensor,
    labels: Tensor,
    eps: float,
    steps: int = 50,
    step: float | None = None,
    draws: int = 1,
    seed: int = 0,
) -> Tensor:
    """Images (B, C, S, S) at most eps from the given, that raise the cross-entropy of labels (B,) by signed steps.

    step: length of a step, 2.5 eps / steps when None. draws: gradients averaged a step, for a model that draws.
    Raises BadInput for a model without gradients.
    """
    ball, length = Ball(images, eps), 2.5 * eps / steps if step is None else step
    x = ball.start(torch.Generator().manual_seed(seed))
    for _ in range(steps):
        x = ball.project(x + length * answer(model, x, labels, draws).gradient.sign())
    return x

"""Auto-PGD on the cross-entropy: projected gradient ascent that finds its own step lengths."""

from math import ceil

import torch
from torch import Tensor

from causaray.evaluation.classification.attacks.threat import Ball, Model, answer

MOMENTUM, RISING = 0.75, 0.75
"""alpha, weight of the new step beside the last; rho, the share of steps that have to raise the loss."""


def apgd_ce(
    model: Model, images: Tensor, labels: Tensor, eps: float, steps: int = 50, draws: int = 1, seed: int = 0
) -> Tensor:
    """Images (B, C, S, S) at most eps from the given, on which the model errs, else whose cross-entropy is largest.

    labels (B,) are the true classes. draws: gradients averaged a step, for a model that draws at random. Raises
    BadInput for a model without gradients.
    """
    ball = Ball(images, eps)
    x = ball.start(torch.Generator().manual_seed(seed))
    now = answer(model, x, labels, draws)
    best, best_loss, best_gradient = x, now.loss, now.gradient
    fooling, fooled = x, now.wrong
    length = torch.full((len(x), 1, 1, 1), 2 * eps, device=x.device)  # eta
    before, previous_loss = x, now.loss
    rises = torch.zeros_like(now.loss)  # steps since the last checkpoint that raised the loss
    halved, loss_then = torch.ones_like(now.wrong), best_loss  # at the last checkpoint
    gradient, points, last = now.gradient, checkpoints(steps), 0
    for k in range(1, steps + 1):
        z = ball.project(x + length * gradient.sign())
        weight = MOMENTUM if k > 1 else 1.0
        x, before = ball.project(x + weight * (z - x) + (1 - weight) * (x - before)), x
        now = answer(model, x, labels, draws)
        fooling, fooled = torch.where(_each(now.wrong & ~fooled), x, fooling), fooled | now.wrong
        rises += now.loss > previous_loss
        better = now.loss > best_loss
        best, best_gradient = (
            torch.where(_each(better), x, best),
            torch.where(_each(better), now.gradient, best_gradient),
        )
        best_loss, previous_loss, gradient = best_loss.maximum(now.loss), now.loss, now.gradient
        if k in points:
            too_few = rises < RISING * (k - last)  # condition 1
            stuck = ~halved & (best_loss == loss_then)  # condition 2
            halved, loss_then, last = too_few | stuck, best_loss, k
            length = torch.where(_each(halved), length / 2, length)
            x, gradient = torch.where(_each(halved), best, x), torch.where(_each(halved), best_gradient, gradient)
            rises = torch.zeros_like(rises)
    return torch.where(_each(fooled), fooling, best)


def checkpoints(steps: int) -> set[int]:
    """The steps at which the length may be halved: p_0 = 0, p_1 = 0.22, then each later by 0.03 less, 0.06 at least."""
    at, gap, found = 0.22, 0.22, set()
    while at <= 1:
        found.add(ceil(round(at * steps, 6)))  # 0.57 * 100 is a little above 57
        gap = max(gap - 0.03, 0.06)
        at += gap
    return found


def _each(flags: Tensor) -> Tensor:
    return flags[:, None, None, None]

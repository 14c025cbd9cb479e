"""Square attack: random squares at the border of the ball, kept where they help. It needs no gradient."""

import torch
from torch import Tensor

from causaray.evaluation.classification.attacks.threat import Ball, Model, logits_of

FIRST = 0.8
"""Share of the pixels that the first squares change."""
HALVED_AT = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
"""Of 10,000 queries: when the share is halved."""


def square(
    model: Model, images: Tensor, labels: Tensor, eps: float, queries: int = 500, draws: int = 1, seed: int = 0
) -> Tensor:
    """Images (B, C, S, S) at most eps from the given, found by asking the model `queries` times for its logits.

    labels (B,) are the true classes. What is made least is the margin of the true class. draws: answers averaged a
    query, for a model that draws at random.
    """
    ball, rng = Ball(images, eps), torch.Generator().manual_seed(seed)
    n, channels, _, size = images.shape
    stripes = _signs((n, channels, 1, size), rng).to(images.device)
    best = ball.project(images + eps * stripes)
    least = margin(logits_of(model, best, draws), labels)
    for query in range(1, queries):
        side = max(1, min(size - 1, round((share(query, queries) * size**2) ** 0.5)))
        tried = best.clone()
        top, left = torch.randint(size - side + 1, (2, n), generator=rng).tolist()
        colour = eps * _signs((n, channels, 1, 1), rng).to(images.device)
        for i, (y, x) in enumerate(zip(top, left, strict=True)):
            window = (i, slice(None), slice(y, y + side), slice(x, x + side))
            tried[window] = images[window] + colour[i]
        tried = ball.project(tried)
        now = margin(logits_of(model, tried, draws), labels)
        better = now < least
        best, least = torch.where(better[:, None, None, None], tried, best), torch.minimum(now, least)
    return best


def margin(logits: Tensor, labels: Tensor) -> Tensor:
    """How far the logit of the true class is above the largest other (B,); below 0 the model errs."""
    true = logits.gather(1, labels[:, None])[:, 0]
    return true - logits.scatter(1, labels[:, None], -torch.inf).amax(1)


def share(query: int, queries: int) -> float:
    """The share of the pixels that a square changes at a query."""
    return float(FIRST / 2 ** sum(query * 10_000 / queries > at for at in HALVED_AT))


def _signs(shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    return 2.0 * torch.randint(2, shape, generator=rng) - 1

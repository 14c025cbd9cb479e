"""What the attacks share: the ball of allowed images, the model's answer, and its gradient."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.errors import BadInput

Model = Callable[[Tensor], Tensor]
"""Images (B, C, S, S) in [0, 1] to logits (B, K)."""


@dataclass(frozen=True)
class Ball:
    """Images that differ by at most eps from `centre` (B, C, S, S) in any pixel, and stay in [0, 1]."""

    centre: Tensor
    eps: float

    def project(self, images: Tensor) -> Tensor:
        return images.clamp(self.centre - self.eps, self.centre + self.eps).clamp(0, 1)

    def start(self, rng: torch.Generator) -> Tensor:
        """A point of the ball for each image, drawn evenly."""
        drawn = 2 * torch.rand(self.centre.shape, generator=rng).to(self.centre.device) - 1
        return self.project(self.centre + self.eps * drawn)


@dataclass(frozen=True)
class Answer:
    """The cross-entropy of each image (B,), its gradient (B, C, S, S), and whether the model errs, bool (B,).

    Each is of the mean over draws: of the losses, of their gradients, and of the probabilities.
    """

    loss: Tensor
    gradient: Tensor
    wrong: Tensor


def answer(model: Model, images: Tensor, labels: Tensor, draws: int) -> Answer:
    """Ask a model `draws` times. Raises BadInput for one that gives no gradient, or numbers that are not finite."""
    loss, gradient, probability = torch.zeros(len(images), device=images.device), torch.zeros_like(images), None
    for _ in range(draws):
        seen = images.detach().requires_grad_()
        logits = _with_gradient(model, seen)
        cost = F.cross_entropy(logits, labels, reduction="none")
        gradient += torch.autograd.grad(cost.sum(), seen)[0] / draws
        loss += cost.detach() / draws
        said = logits.detach().softmax(1)
        probability = said if probability is None else probability + said
    assert probability is not None
    return Answer(loss, gradient, probability.argmax(1) != labels)


def logits_of(model: Model, images: Tensor, draws: int = 1) -> Tensor:
    """Logits (B, K) of a model, the mean over draws, without gradients. Raises BadInput where they are not finite."""
    with torch.no_grad():
        return torch.stack([_finite(model(images)) for _ in range(draws)]).mean(0)


def _with_gradient(model: Model, images: Tensor) -> Tensor:
    with torch.enable_grad():
        try:
            logits = model(images)
        except RuntimeError as error:
            if "grad" not in str(error):
                raise
            raise BadInput(NO_GRADIENT) from error
    if not logits.requires_grad:
        raise BadInput(NO_GRADIENT)
    return _finite(logits)


NO_GRADIENT = (
    "The model gives no gradient by its images, which PGD and APGD need; attack it by square, which needs none."
)


def _finite(logits: Tensor) -> Tensor:
    if not logits.isfinite().all():
        raise BadInput("The model gives no finite numbers; check the grey values that it expects, and its weights.")
    return logits

"""The one training of a classifier: batches, augmented, through a net, down the gradient of an objective."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from torch import Tensor, nn
from torch.optim import Optimizer

from causaray.training.loop import Task, run
from causaray.training.source import Batches
from causaray.training.updates import update

Net = TypeVar("Net", bound=nn.Module)
Objective = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Logits of a batch, its labels and its rows (B,) -> the loss. A module, where it has a state that is to be resumed."""


def train_classifier(
    net: Net,
    source: Batches,
    objective: Objective,
    optimiser: Optimizer,
    augmentation: Callable[[Tensor], Tensor],
    *,
    batch: int,
    steps: int,
    seed: int,
    out: Path,
    name: str,
    clip: float = math.inf,
    still: nn.Module | None = None,
    checkpoint_every: int = 500,
) -> Net:
    """Train net on the device of `source`, where it has to be; return it with the running average of its weights.

    The net takes images (B, 1, S, S) in [0, 1] as `augmentation` leaves them. clip: largest gradient norm. still: a
    part of net whose normalisation and dropout stay as in use. Resumes out/<name>.pt. Raises BadInput where that is a
    checkpoint of another net.
    """
    draw = source.batches(batch, seed)

    def step(i: int) -> dict[str, float]:
        net.train()
        if still is not None:
            still.eval()
        drawn = draw(i)
        seen = augmentation(drawn.images).to(source.device)  # not in bf16, in which a pose is half a pixel off
        with source.precision():
            logits = net(seen)
        loss = objective(logits.float(), drawn.labels.to(source.device), drawn.rows.to(source.device))
        update(loss, optimiser, clip)
        return {"loss": loss.item()}

    modules: dict[str, nn.Module] = {"net": net}
    if isinstance(objective, nn.Module):
        modules["objective"] = objective
    net.load_state_dict(run(Task(modules, {"net": optimiser}, step, "net"), steps, out, name, checkpoint_every))
    return net.eval()

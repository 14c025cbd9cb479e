"""What an edit costs: calls of the denoiser, and seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from causaray.evaluation.context import Context

TIMED = 3
"""Edits that are timed."""


def cost(context: Context) -> dict[str, float]:
    """Calls of the denoiser (a row each) and seconds of an edit, the median of TIMED, one image at a time."""
    own, seconds = context.own, []
    if own is None:
        raise ValueError("A folder of edited images costs nothing here.")
    request, images = context.requests(next(iter(context.edited.pairs)))[0], context.edited.factual
    with counted(getattr(own.editor, "denoiser", nn.Identity())) as calls:
        for i in range(TIMED):
            begun = time.perf_counter()
            own.edit(images[i : i + 1], request)
            seconds.append(time.perf_counter() - begun)
    return {"network calls": calls.rows / TIMED, "seconds": float(np.median(seconds))}


@dataclass
class Calls:
    """Latents that went through a net, and how many of them with a gradient."""

    rows: int = 0
    gradients: int = 0


@contextmanager
def counted(net: nn.Module) -> Iterator[Calls]:
    """What goes through `net` within."""
    calls = Calls()

    def count(_: nn.Module, given: tuple[Tensor, ...]) -> None:
        calls.rows += len(given[0])
        calls.gradients += len(given[0]) * torch.is_grad_enabled()

    hook = net.register_forward_pre_hook(count)
    try:
        yield calls
    finally:
        hook.remove()

"""What an edit costs: calls of the denoiser, and seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from torch import nn

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
    return {"network calls": sum(calls) / TIMED, "seconds": float(np.median(seconds))}


@contextmanager
def counted(net: nn.Module) -> Iterator[list[int]]:
    """The rows of each call of `net` within, as a list that grows."""
    calls = list[int]()
    hook = net.register_forward_pre_hook(lambda _, given: calls.append(len(given[0])))
    try:
        yield calls
    finally:
        hook.remove()

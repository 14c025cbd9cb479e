"""How much faster weights of its own for each sample are in one go than sample by sample, as HyperFusion's authors do.

`python -m benchmarks.hyper_layer` prints it.
"""

import time
from collections.abc import Callable

import torch

from causaray.systems.hyperfusion.hyper_layer import looped_conv, per_sample_conv

BATCH = 64
SHAPES = ((24, 36, 1, 4), (32, 48, 1, 8), (144, 24, 1, 1), (32, 48, 3, 8), (16, 32, 3, 16))
"""Channels in and out, kernel, side of the map; the first is the layer that HyperFusion generates here."""


def seconds(call: Callable[[], object], repeats: int = 20) -> float:
    """The fastest of some repeats, in seconds of the processor."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best


def ratios() -> dict[str, float]:
    """How many times as fast, forward alone and a whole update of the weights, at batch 64."""
    found = {}
    for inner, outer, kernel, side in SHAPES:
        x = torch.randn(BATCH, inner, side, side)
        weight = torch.randn(BATCH, outer, inner, kernel, kernel, requires_grad=True)
        bias, padding = torch.randn(BATCH, outer), kernel // 2

        def forward(conv, x=x, weight=weight, bias=bias, padding=padding):  # type: ignore[no-untyped-def]
            return conv(x, weight, bias, 1, padding)

        name = f"{inner}-{outer}-{kernel}x{kernel}-{side}px"
        with torch.no_grad():
            found[f"{name}_forward"] = seconds(lambda f=forward: f(looped_conv)) / seconds(
                lambda f=forward: f(per_sample_conv)
            )
        found[f"{name}_update"] = seconds(lambda f=forward: f(looped_conv).sum().backward()) / seconds(
            lambda f=forward: f(per_sample_conv).sum().backward()
        )
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, ratio in ratios().items():
        print(f"{name}: {ratio:.1f} times as fast")

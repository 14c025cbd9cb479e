"""`python -m benchmarks.published_cost [PRIOR]`: PRISM's schedule on a denoiser of Stable Diffusion 1.5's size.

Random weights: only the time is asked for. One call forward and one with the gradient to the null text are timed, and
multiplied by the calls of the schedule; beside it the default editor of system 1 and PRISM as it is here, timed whole.
Writes docs/results/cost.md.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel

from causaray.editors.edit import EditRequest
from causaray.experiments.cost import counted
from causaray.findings import parse_prompt
from causaray.priors.text_prior import load_prior
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor
from causaray.systems.prism.prism import Config, PrismEditor
from causaray.weightfiles import find

STEPS, INNER, SWEPT = 50, 10, 5
"""DDIM steps, updates of the null text a step, and values of self_replace that are tried."""
FORWARD = STEPS + 3 * STEPS + SWEPT * 4 * STEPS
"""Inversion; the conditional call and the two of the step taken, beside the optimisation; source and target, guided."""
GRADIENTS = STEPS * INNER
OUT = Path(__file__).parent.parent / "docs" / "results" / "cost.md"
PAGE = """\
# What an edit costs

Made by `python -m benchmarks.published_cost {prior}` on {threads} threads. The first row is not run to its end: one
call forward ({forward:.1f} s) and one with the gradient to the null text ({gradient:.1f} s; medians of {n}) are timed
on a U-Net of Stable Diffusion 1.5's shape ({millions:.0f} M parameters, random weights, latents 4 x 64 x 64) and
multiplied by the calls of PRISM's published schedule: {steps} steps, {inner} updates of the null text each, {swept}
values of self_replace. The authors may stop updates early. Images are of 512 pixels there, of {size} for PRISM here and
of {own} for system 1.

| editor | calls forward | with gradient | seconds an edit | times system 1's |
|---|---|---|---|---|
| PRISM as published, Stable Diffusion 1.5's size | {calls} | {gradients} | {published:.0f} | {ratio:.0f} |
| PRISM here, on {prior} | {prism_calls:g} | 0 | {prism:.2f} | {prism_ratio:.1f} |
| system 1, cxr-128 (the default editor) | {own_calls:g} | 0 | {ours:.3f} | 1 |
"""


def main(name: str = "prior-phantom-64") -> None:
    """Time all three and write the page."""
    prism, ours = PrismEditor(load_prior(name), Config()), CausalDisentanglementEditor.load(find("cxr-128"))
    request, size = parse_prompt("pleural effusion"), prism.size
    seconds = {
        "prism": median(lambda: prism.edit(torch.rand(1, 1, size, size), EditRequest(request)), 5),
        "ours": median(lambda: ours.edit(torch.rand(1, 1, ours.size, ours.size), EditRequest(request)), 9),
    }
    with counted(prism.denoiser) as calls:
        prism.edit(torch.rand(1, 1, size, size), EditRequest(request))
    with counted(ours.denoiser) as own_calls:
        ours.edit(torch.rand(1, 1, ours.size, ours.size), EditRequest(request))
    forward, gradient, millions = published()
    whole = FORWARD * forward + GRADIENTS * gradient
    text = PAGE.format(
        prior=name, threads=torch.get_num_threads(), forward=forward, gradient=gradient, n=3, millions=millions,
        steps=STEPS, inner=INNER, swept=SWEPT, size=size, calls=FORWARD, gradients=GRADIENTS, published=whole,
        own=ours.size, own_calls=own_calls.rows,
        ratio=whole / seconds["ours"], prism_calls=calls.rows, prism=seconds["prism"],
        prism_ratio=seconds["prism"] / seconds["ours"], ours=seconds["ours"],
    )  # fmt: skip
    OUT.write_text(text, encoding="utf-8")
    print(text)


def published() -> tuple[float, float, float]:
    """Seconds of a call, of one with a gradient to the text, and millions of parameters."""
    net: Any = UNet2DConditionModel(sample_size=64, cross_attention_dim=768)
    net.eval().requires_grad_(False)
    z, t, text = torch.randn(1, 4, 64, 64), torch.tensor([500]), torch.randn(1, 77, 768, requires_grad=True)

    def backward() -> None:
        net(z, t, text).sample.square().mean().backward()

    with torch.no_grad():
        forward = median(lambda: net(z, t, text), 3)
    return forward, median(backward, 3), sum(p.numel() for p in net.parameters()) / 1e6


def median(call: Callable[[], object], n: int) -> float:
    """Median seconds of n calls, after one that is not counted."""
    call()
    seconds = []
    for _ in range(n):
        begun = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begun)
    return sorted(seconds)[n // 2]


if __name__ == "__main__":
    main(*sys.argv[1:])

"""`python -m benchmarks.inversion PRIOR COHORT`: how well each inversion comes back, and at what cost.

PRIOR is the name or folder of a prior, COHORT a prepared cohort of its size. Writes docs/results/inversion.md.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts import Cohort
from causaray.diffusion.inversion import Path as Inverted
from causaray.diffusion.inversion import follow
from causaray.diffusion.prior import Prior
from causaray.evaluation.images.distances import psnr
from causaray.experiments.cost import counted
from causaray.priors.text_prior import load_prior
from causaray.systems.prism.prism import INVERSIONS

IMAGES, TEXT, START = 8, "no pleural effusion", 0.98
GUIDED = 7.5
OUT = Path(__file__).parent.parent / "docs" / "results" / "inversion.md"
HEAD = """\
# Inversions

Made by `python -m benchmarks.inversion {prior} {cohort}`: {n} images of split test, inverted from time {start} under
"{text}" and drawn again under it. Loss: dB below what the autoencoder alone reaches, {reached:.2f} dB. Calls: latents
through the denoiser, forward, an image, of the inversion alone and with the drawing; a gradient through the denoiser
(null text) is counted apart. Seconds: of both, an image, alone, on a machine that may have been busy.

| inversion | steps | guidance | PSNR, dB | loss, dB | calls to invert | calls in all | gradients | seconds |
|---|---|---|---|---|---|---|---|---|
"""

ROWS = (
    ("null-text", 50, GUIDED),
    ("ddim", 50, GUIDED),
    ("ddim", 50, 1.0),
    ("ddim", 10, 1.0),
    ("edit-friendly", 10, 1.0),
    ("leapfrog", 10, 1.0),
)
"""Which of INVERSIONS, in how many steps, guided how."""


def main(name: str, folder: str) -> None:
    """Measure every row on the same images."""
    prior, cohort = load_prior(name), Cohort.open(folder).subset(split="test")
    chosen = np.random.default_rng(0).choice(len(cohort), IMAGES, replace=False)
    images = torch.from_numpy(cohort.images(np.sort(chosen)))
    with torch.no_grad():
        z = prior.codec.encode(images)
        reached = decibels(prior.codec.decode(z), images)
    lines = [line(prior, z, images, reached, *row) for row in ROWS]
    head = HEAD.format(
        prior=prior.name, cohort=cohort.name, n=IMAGES, start=START, text=TEXT, reached=reached
    )  # fmt: skip
    OUT.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


def decibels(made: Tensor, images: Tensor) -> float:
    """Mean PSNR of images (N, 1, S, S)."""
    return float(psnr(made.clamp(0, 1), images, None).mean())


def line(prior: Prior, z: Tensor, images: Tensor, reached: float, kind: str, steps: int, guidance: float) -> str:
    """A row of the table."""
    context, times = prior.embed([TEXT]).expand(len(z), -1, -1), prior.clock.times(START, steps)
    begun = time.perf_counter()
    with torch.no_grad(), counted(prior.unet) as calls:
        path = INVERSIONS[kind](prior, z, times, context, guidance, 0)
        inverted = calls.rows
        made = prior.codec.decode(follow(path, velocity(prior, path, context, guidance)))
    seconds, n = (time.perf_counter() - begun) / len(z), len(z)
    db = decibels(made, images)
    figures = (
        f"{db:.2f}",
        f"{reached - db:.2f}",
        f"{inverted / n:g}",
        f"{calls.rows / n:g}",
        f"{calls.gradients / n:g}",
    )
    print(kind, steps, guidance, *figures, f"{seconds:.1f}", flush=True)
    return f"| {kind} | {steps} | {guidance:g} | " + " | ".join(figures) + f" | {seconds:.1f} |"


def velocity(prior: Prior, path: Inverted, context: Tensor, guidance: float) -> Callable[[int, Tensor], Tensor]:
    """What the denoiser says along the path, guided where guidance is not 1."""
    null = prior.embed([""])

    def at(i: int, z: Tensor) -> Tensor:
        t = path.times[i].expand(len(z))
        toward = prior(z, t, context)
        if guidance == 1:
            return toward
        found = path.null(i)
        away = prior(z, t, null if found is None else found)
        return away + guidance * (toward - away)

    return at


if __name__ == "__main__":
    main(*sys.argv[1:])

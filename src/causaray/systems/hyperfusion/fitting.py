"""The training of a net that reads image and table: the same for all that are compared."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts.batches import augment
from causaray.nets.losses import masked_bce
from causaray.systems.hyperfusion.fusion_nets import Method, matched
from causaray.systems.hyperfusion.problem import Problem
from causaray.systems.hyperfusion.reader import FusionReader
from causaray.training.loop import Step, cosine
from causaray.training.updates import adamw, update

CLIP = 1.0
WARMUP = 20
WHOLE = 0.5
"""Share of the rows that keep their whole table in a batch with column dropout; the others lose columns at a rate of
their own, drawn evenly, so that every level of missing values is learned."""


@dataclass(frozen=True)
class Fit:
    """How a net is trained. dropout: hide columns; augment: strength of shift, scale, rotation and gamma."""

    steps: int = 200
    batch: int = 32
    lr: float = 3e-3
    decay: float = 0.01
    dropout: bool = True
    augment: float = 0.0
    seed: int = 0


def drop_columns(values: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """values (B, C) with columns of some rows missing, as `WHOLE` says."""
    b = len(values)
    rate = torch.rand(b, 1, generator=generator) * (torch.rand(b, 1, generator=generator) >= WHOLE)
    return values.masked_fill(torch.rand(values.shape, generator=generator) < rate, torch.nan)


def loss_of(readings: Tensor, answers: Tensor, number: bool) -> Tensor:
    """Of readings (R, B, n), each on its own: squared error of numbers, else cross-entropy of the known findings."""
    if number:
        return (readings - answers).square().mean()
    return torch.stack([masked_bce(one, answers) for one in readings]).mean()


def new_reader(method: Method, problem: Problem, seed: int) -> FusionReader:
    """An untrained net of as many parameters as the others, scaled by the cases that it will learn."""
    torch.manual_seed(seed)
    net = matched(method, problem.columns, problem.answers.shape[1])
    net.fit_table(problem.values)
    centre, spread = (problem.answers.mean(), problem.answers.std()) if problem.number else (0.0, 1.0)
    about = (problem.columns, problem.names, problem.number, float(centre), float(spread), problem.images.shape[-1])
    return FusionReader(net, method, *about)


def epochs(n: int, batch: int, seed: int) -> Callable[[int], np.ndarray]:
    """The rows of a step: epoch after epoch, each in an order of its own."""

    def rows(step: int) -> np.ndarray:
        epoch, place = divmod(step, max(1, n // batch))
        order = np.random.default_rng((seed, epoch)).permutation(n)
        return order[place * batch : (place + 1) * batch]

    return rows


def stepping(reader: FusionReader, problem: Problem, fit: Fit, optimiser: torch.optim.Optimizer) -> Step:
    """One update of the net of `reader` on cases of `problem`, by the number of the step."""
    rows = epochs(len(problem), fit.batch, fit.seed)
    values = torch.from_numpy(problem.values)
    answers = torch.from_numpy((problem.answers - reader.centre) / reader.spread)

    def step(i: int) -> dict[str, float]:
        drawn, generator = rows(i), torch.Generator().manual_seed(fit.seed * 1_000_003 + i)
        images = problem.images[drawn]
        images = augment(images, fit.augment, generator) if fit.augment else images
        table = drop_columns(values[drawn], generator) if fit.dropout else values[drawn]
        loss = loss_of(reader.net(images, table), answers[drawn], reader.number)
        update(loss, optimiser, CLIP)
        return {"loss": loss.item()}

    return step


def fitted(method: Method, problem: Problem, fit: Fit) -> FusionReader:
    """A net of `method` trained on all cases of `problem`."""
    reader = new_reader(method, problem, fit.seed)
    optimiser = adamw(reader.net, fit.lr, fit.decay)
    step = stepping(reader, problem, fit, optimiser)
    for i in range(fit.steps):
        for group in optimiser.param_groups:
            group["lr"] = fit.lr * cosine(i, fit.steps, WARMUP)
        step(i)
    return reader

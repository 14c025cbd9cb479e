"""The one training loop: progress, learning-rate schedule, moving average, checkpoints that resume."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.optim import Optimizer

from causaray import devices
from causaray.training import parallel
from causaray.training.checkpoints import Checkpoints, State, not_ours
from causaray.training.options import current
from causaray.training.stopping import Stopping
from causaray.training.tracking import opened

Step = Callable[[int], Mapping[str, float]]


@dataclass
class Task:
    """What the loop trains: named modules and optimisers, and a step that does one update and returns its losses.

    `averaged` names the module whose exponential moving average is kept (the one that is shipped).
    """

    modules: dict[str, nn.Module]
    optimisers: dict[str, Optimizer]
    step: Step
    averaged: str


def cosine(i: int, steps: int, warmup: int = 100) -> float:
    """Learning-rate factor at step i: linear warm-up, then a half cosine down to 2 %."""
    if i < warmup:
        return (i + 1) / warmup
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (i - warmup) / max(1, steps - warmup)))


class Average:
    """Exponential moving average of a module's parameters; buffers are copied."""

    def __init__(self, module: nn.Module, decay: float = 0.999) -> None:
        self.module, self.decay = module, decay
        self.state = {k: v.detach().clone() for k, v in module.state_dict().items()}

    @torch.no_grad()
    def update(self, i: int) -> None:
        decay = min(self.decay, (1 + i) / (10 + i))
        for key, value in self.module.state_dict().items():
            if value.is_floating_point():
                self.state[key].lerp_(value, 1 - decay)
            else:
                self.state[key].copy_(value)


Losses = dict[str, list[float]]
"""Every loss of the updates of which nothing was told yet."""


def state_of(task: Task, average: Average, i: int, untold: Losses) -> State:
    """Everything needed to go on from step i as if never stopped; each process's random numbers among it."""
    return {
        "step": i,
        "untold": {name: list(losses) for name, losses in untold.items()},
        "modules": {k: m.state_dict() for k, m in task.modules.items()},
        "optimisers": {k: o.state_dict() for k, o in task.optimisers.items()},
        "average": average.state,
        "rng": torch.get_rng_state(),
        "accelerators": devices.random_states(),
        "ranks": parallel.gathered(torch.get_rng_state()[None].to(parallel.place())) if parallel.world() > 1 else None,
    }


def restore(state: State, task: Task, average: Average, path: Path) -> int:
    """Restore a state of this loop and return the step it stands at. Raises BadInput when it is one of other nets."""
    try:
        for key, module in task.modules.items():
            module.load_state_dict(state["modules"][key])
        for key, optimiser in task.optimisers.items():
            optimiser.load_state_dict(state["optimisers"][key])
        for key, value in state["average"].items():
            average.state[key].copy_(value)
        step = int(state["step"])
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        raise not_ours(path) from error
    ranks = state.get("ranks")
    if parallel.world() == 1:
        torch.set_rng_state(state["rng"])
        devices.set_random_states(state.get("accelerators", []))
    elif ranks is not None and len(ranks) == parallel.world():
        torch.set_rng_state(ranks[parallel.rank()].clone())
    else:
        torch.manual_seed(parallel.world() * step + parallel.rank())
    return step


class _Log:
    """Running means of the losses: a line on the terminal, and what trackers write, every `every` steps."""

    def __init__(self, out: Path, name: str, start: int, steps: int, every: int = 50) -> None:
        self.name, self.steps, self.every = name, steps, every
        self.trackers = opened(current().track, out, name, start)
        self.sums: Losses = {}
        self.since: list[float] = []
        self.started = time.monotonic()

    def add(self, i: int, losses: Mapping[str, float]) -> None:
        for key, value in losses.items():
            self.sums.setdefault(key, []).append(value)
        self.since.append(sum(losses.values()))
        if (i + 1) % self.every == 0 or i + 1 == self.steps:
            self._write(i)

    def loss(self) -> float | None:
        """The mean of the sum of all losses since this was asked last."""
        since, self.since = self.since, []
        return sum(since) / len(since) if since else None

    def close(self) -> None:
        for tracker in self.trackers:
            tracker.close()

    def _write(self, i: int) -> None:
        means = parallel.average_losses({k: sum(v) / len(v) for k, v in self.sums.items()})
        seconds = time.monotonic() - self.started
        told = " ".join(f"{k} {v:.4g}" for k, v in means.items())
        if parallel.rank() == 0:
            print(f"{self.name} {i + 1}/{self.steps} {seconds:.0f}s {told}", flush=True)
        for tracker in self.trackers:
            tracker.log(i + 1, seconds, means)
        self.sums.clear()


def run(task: Task, steps: int, out: Path, name: str, checkpoint_every: int = 500) -> dict[str, torch.Tensor]:
    """Train for `steps` updates, resuming from out/<name>.pt when it is there; return the averaged weights.

    Ctrl-C and SIGTERM end it after the update that is being made, and a checkpoint is written before it goes on its
    way, so that nothing is lost. Several processes (`training.parallel`) begin from what the first one has.
    """
    out.mkdir(parents=True, exist_ok=True)
    average = Average(task.modules[task.averaged])
    checkpoints, every = Checkpoints(out, name, current().keep), current().every or checkpoint_every
    start, untold = _begun(checkpoints, task, average)
    base = {k: [g["lr"] for g in o.param_groups] for k, o in task.optimisers.items()}
    if start:
        base = {k: [g["initial_lr"] for g in o.param_groups] for k, o in task.optimisers.items()}
    log, done, saved, stopped = _Log(out, name, start, steps), start, start, False
    log.sums |= untold
    try:
        with Stopping() as stopping:
            for i in range(start, steps):
                for key, optimiser in task.optimisers.items():
                    for group, lr in zip(optimiser.param_groups, base[key], strict=True):
                        group["initial_lr"], group["lr"] = lr, lr * cosine(i, steps)
                log.add(i, task.step(i))
                parallel.average_buffers(task.modules)
                average.update(i)
                done = i + 1
                if done % every == 0:
                    checkpoints.save(state_of(task, average, done, log.sums), log.loss())
                    saved = done
                stopped = parallel.anybody(stopping.asked)
                if stopped:
                    raise KeyboardInterrupt
    finally:
        if done > saved and (parallel.world() == 1 or stopped or done == steps):
            checkpoints.save(state_of(task, average, done, log.sums), log.loss())
        checkpoints.close()
        log.close()
    return average.state


def _begun(checkpoints: Checkpoints, task: Task, average: Average) -> tuple[int, Losses]:
    """Go on from the last checkpoint, if there is one, and with several processes from what the first one has: the step
    that it stands at, and the losses of which nothing was told."""
    state = parallel.from_first(checkpoints.load())
    if state is not None:
        return restore(state, task, average, checkpoints.path), state.get("untold", {})
    if parallel.world() > 1:
        first = parallel.from_first({k: m.state_dict() for k, m in task.modules.items()})
        for key, module in task.modules.items():
            module.load_state_dict(first[key])
        average.state = Average(task.modules[task.averaged]).state
        torch.manual_seed(torch.initial_seed() % 2**32 + parallel.rank())
    return 0, {}

"""The one training loop: progress, learning-rate schedule, moving average, checkpoints that resume."""

import csv
import math
import os
import pickle
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.optim import Optimizer

from causaray import devices
from causaray.errors import BadInput

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


def save_checkpoint(path: Path, task: Task, average: Average, i: int) -> None:
    """Everything needed to go on from step i as if never stopped; written beside, then renamed."""
    state = {
        "step": i,
        "modules": {k: m.state_dict() for k, m in task.modules.items()},
        "optimisers": {k: o.state_dict() for k, o in task.optimisers.items()},
        "average": average.state,
        "rng": torch.get_rng_state(),
        "accelerators": devices.random_states(),
    }
    beside = path.with_suffix(".tmp")
    torch.save(state, beside)
    os.replace(beside, path)


def load_checkpoint(path: Path, task: Task, average: Average) -> int:
    """Restore a checkpoint of this loop and return the step it stands at.

    Raises BadInput when it cannot be read, or is one of other nets.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        for key, module in task.modules.items():
            module.load_state_dict(state["modules"][key])
        for key, optimiser in task.optimisers.items():
            optimiser.load_state_dict(state["optimisers"][key])
        for key, value in state["average"].items():
            average.state[key].copy_(value)
    except (RuntimeError, ValueError, KeyError, OSError, EOFError, pickle.UnpicklingError) as error:
        raise BadInput(f"{path} is no checkpoint of this recipe; train in another folder, or without it.") from error
    torch.set_rng_state(state["rng"])
    devices.set_random_states(state.get("accelerators", []))
    return int(state["step"])


class _Log:
    """Running means of the losses: a line on the terminal and a row in log.csv every `every` steps."""

    def __init__(self, path: Path, name: str, steps: int, every: int = 50) -> None:
        self.path, self.name, self.steps, self.every = path, name, steps, every
        self.sums: dict[str, list[float]] = {}
        self.started = time.monotonic()

    def add(self, i: int, losses: Mapping[str, float]) -> None:
        for key, value in losses.items():
            self.sums.setdefault(key, []).append(value)
        if (i + 1) % self.every == 0 or i + 1 == self.steps:
            self._write(i)

    def _write(self, i: int) -> None:
        means = {k: sum(v) / len(v) for k, v in self.sums.items()}
        seconds = time.monotonic() - self.started
        print(
            f"{self.name} {i + 1}/{self.steps} {seconds:.0f}s " + " ".join(f"{k} {v:.4g}" for k, v in means.items()),
            flush=True,
        )
        with self.path.open("a", newline="") as f:
            csv.writer(f).writerows([[i + 1, round(seconds, 1), k, f"{v:.6g}"] for k, v in means.items()])
        self.sums.clear()


def run(task: Task, steps: int, out: Path, name: str, checkpoint_every: int = 500) -> dict[str, torch.Tensor]:
    """Train for `steps` updates, resuming from out/<name>.pt when it is there; return the averaged weights.

    Ctrl-C writes a checkpoint before it goes on its way, so that nothing is lost.
    """
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / f"{name}.pt"
    average = Average(task.modules[task.averaged])
    start = load_checkpoint(checkpoint, task, average) if checkpoint.exists() else 0
    base = {k: [g["lr"] for g in o.param_groups] for k, o in task.optimisers.items()}
    if start:
        base = {k: [g["initial_lr"] for g in o.param_groups] for k, o in task.optimisers.items()}
    log = _Log(out / f"{name}.csv", name, steps)
    done = start
    try:
        for i in range(start, steps):
            for key, optimiser in task.optimisers.items():
                for group, lr in zip(optimiser.param_groups, base[key], strict=True):
                    group["initial_lr"], group["lr"] = lr, lr * cosine(i, steps)
            log.add(i, task.step(i))
            average.update(i)
            done = i + 1
            if done % checkpoint_every == 0:
                save_checkpoint(checkpoint, task, average, done)
    finally:
        if done > start:
            save_checkpoint(checkpoint, task, average, done)
    return average.state

"""Training of the tokenisers, of films and of what changes between two."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from causaray.devices import autocast
from causaray.systems.progemu.change_tokeniser import ChangeTokeniser
from causaray.systems.progemu.pairs import Pairs
from causaray.systems.progemu.recipe import ChangesRun, TokeniserRun
from causaray.systems.progemu.tokeniser import FilmAutoencoder, TokeniserShape
from causaray.training.loop import Task, run
from causaray.training.updates import adamw, update

CLIP = 1.0
LOOKED = 50
"""Updates after which codes that nothing was near are set anew; in the first half of the training alone."""
Found = tuple[dict[str, Tensor], Tensor, Tensor]
"""Losses, features, and the codes that are nearest to them."""


def fit_films(pairs: Pairs, size: int, plan: TokeniserRun, seed: int, out: Path) -> FilmAutoencoder:
    """Train on the films of pairs; resumes out/tokeniser.pt."""
    torch.manual_seed(seed)
    net = FilmAutoencoder(TokeniserShape(size, plan.width, plan.codes))

    def found(i: int) -> Found:
        return net.losses(pairs.films(np.random.default_rng((seed, i)).integers(pairs.count, size=plan.batch)))

    _fit(net, found, plan, seed, out, "tokeniser")
    return net


def fit_changes(pairs: Pairs, size: int, plan: ChangesRun, seed: int, out: Path) -> ChangeTokeniser:
    """Train on pairs; resumes out/changes.pt, then out/changes-drawn.pt, in which the tokens stay as they are."""
    torch.manual_seed(seed)
    net = ChangeTokeniser(TokeniserShape(size, plan.width, plan.codes))

    def drawn(i: int) -> tuple[Tensor, Tensor]:
        rng = np.random.default_rng((seed, i))
        pair = [pairs.draw(int(row), rng) for row in rng.integers(len(pairs), size=plan.batch)]
        before, after = (pairs.films(np.array([one[j] for one in pair])) for j in (0, 1))
        return before, after

    _fit(net, lambda i: net.losses(*drawn(i)), plan, seed, out, "changes")
    if plan.drawing_steps:
        _fit_drawing(net, lambda i: drawn(plan.steps + i), plan, seed, out)
    return net


def _fit_drawing(
    net: ChangeTokeniser, drawn: Callable[[int], tuple[Tensor, Tensor]], plan: ChangesRun, seed: int, out: Path
) -> None:  # fmt: skip
    """Train what draws changes further, in place, on tokens that stay as they are."""
    torch.manual_seed(seed)
    for parameter in net.drawing:
        parameter.requires_grad_(True)
    optimiser = adamw(net, plan.lr)

    def step(i: int) -> dict[str, float]:
        pair = drawn(i)
        tokens = net.encode(*pair)  # in single precision, as later
        with autocast(torch.device("cpu"), True):
            losses = net.drawing_losses(*pair, tokens)
        update(sum(losses.values(), torch.tensor(0.0)), optimiser, CLIP)
        return {name: one.item() for name, one in losses.items()}

    task = Task({"net": net}, {"net": optimiser}, step, "net")
    net.load_state_dict(run(task, plan.drawing_steps, out, "changes-drawn"))
    net.requires_grad_(False)


def _fit(
    net: FilmAutoencoder | ChangeTokeniser, found: Callable[[int], Found], plan: TokeniserRun,
    seed: int, out: Path, name: str,
) -> None:  # fmt: skip
    """Train net, in place, to its moving average."""
    optimiser, used = adamw(net, plan.lr), torch.zeros(plan.codes, dtype=torch.bool)
    looked = nn.Module()  # what checkpoints keep beside the net
    looked.register_buffer("used", used)

    def step(i: int) -> dict[str, float]:
        with autocast(torch.device("cpu"), True):
            losses, features, tokens = found(i)
        update(sum(losses.values(), torch.tensor(0.0)), optimiser, CLIP)
        used[tokens] = True
        if (i + 1) % LOOKED == 0:
            if i < plan.steps / 2:
                net.book.restart(used, features.detach())
            used.zero_()
        return {name: one.item() for name, one in losses.items()}

    task = Task({"net": net, "looked": looked}, {"net": optimiser}, step, "net")
    net.load_state_dict(run(task, plan.steps, out, name))
    net.eval().requires_grad_(False)

"""Training of the tokeniser."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray.devices import autocast
from causaray.systems.progemu.recipe import TokeniserRun
from causaray.systems.progemu.tokeniser import FilmTokeniser, TokeniserShape
from causaray.training.loop import Task, run
from causaray.training.updates import adamw, update

CLIP = 1.0
LOOKED = 50
"""Updates after which codes that nothing was near are set anew; in the first half of the training alone."""


def fit_tokeniser(
    films: Callable[[np.ndarray], Tensor], n: int, size: int, plan: TokeniserRun, seed: int, out: Path
) -> FilmTokeniser:
    """Train on n films, of which `films` gives rows (B,) as (B, 1, S, S); resumes out/tokeniser.pt."""
    torch.manual_seed(seed)
    net = FilmTokeniser(TokeniserShape(size, plan.width, plan.codes))
    optimiser, used = adamw(net, plan.lr), torch.zeros(plan.codes, dtype=torch.bool)

    def step(i: int) -> dict[str, float]:
        batch = films(np.random.default_rng((seed, i)).integers(n, size=plan.batch))
        with autocast(batch.device, True):
            losses, tokens = net.losses(batch)
        update(sum(losses.values(), torch.tensor(0.0)), optimiser, CLIP)
        used[tokens.flatten()] = True
        share = float(used.float().mean())
        if (i + 1) % LOOKED == 0:
            if i < plan.steps / 2:
                net.restart(used, batch)
            used.zero_()
        return {name: one.item() for name, one in losses.items()} | {"used": share}

    net.load_state_dict(run(Task({"net": net}, {"net": optimiser}, step, "net"), plan.steps, out, "tokeniser"))
    return net.eval().requires_grad_(False)

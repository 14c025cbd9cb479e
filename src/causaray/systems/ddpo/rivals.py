"""What else can be done with a prior and a reward, at as many calls of the denoiser as the reinforcement took."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from causaray.diffusion.prior import Prior
from causaray.priors.text_to_image import draw
from causaray.priors.train import prior_loss
from causaray.priors.tunings import TUNINGS, Opened
from causaray.systems.ddpo.obedience import Reader, decoded, obeyed, reward
from causaray.systems.ddpo.policy import Sampling
from causaray.systems.ddpo.prompts import Prompts
from causaray.training.loop import Task, run
from causaray.training.updates import adamw, update

BACKWARD = 3
"""Calls that one forward and backward counts as."""
KEPT_SHARE = 0.5
"""Share of the calls of rejection fine-tuning that draw; the rest learns."""
REJECTION_SEED = 70_001


def best_of(prior: Prior, sampling: Sampling, prompts: Prompts, rows: np.ndarray, read: Reader, n: int,
            seed: int) -> Tensor:  # fmt: skip
    """Of n samples of each prompt of rows (N,) the one of the highest reward, the first among equals: (N, 1, S, S)."""
    best, value = torch.empty(0), np.full(len(rows), -1.0)
    for k in range(n):
        images = decoded(prior.codec, [sampling.latents(prior, prompts.told(rows), seed + k)])
        got = reward(read(images), prompts.wanted[rows])
        better = got > value
        best = images if k == 0 else torch.where(torch.from_numpy(better)[:, None, None, None], images, best)
        value = np.maximum(value, got)
    return best


def guided(sampling: Sampling, scale: float) -> Sampling:
    """The same sampling, guided."""
    return replace(sampling, guidance=scale)


def by_second_order(prior: Prior, texts: Sequence[str], seed: int) -> list[Tensor]:
    """Latents as `generate` draws them, in 20 steps of the second-order sampler, unguided."""
    return [draw(prior, texts, seed=seed)]


def longer(calls: int, batch: int) -> int:
    """Updates of supervised training that so many calls of the denoiser are."""
    return max(1, calls // (BACKWARD * batch))


def rejection(
    prior: Prior, sampling: Sampling, prompts: Prompts, read: Reader, calls: int, batch: int, out: Path
) -> int:  # fmt: skip
    """Fine-tune a prior, by low-rank updates, on those of its samples in which the reward sees all words as asked for.

    Half of the calls draw, the others learn. Returns how many samples were kept. Resumes out/rejection.pt.
    """
    drawn = max(len(prompts), int(KEPT_SHARE * calls / sampling.steps))
    rows = np.resize(np.arange(len(prompts)), drawn)
    latents = sampling.latents(prior, prompts.told(rows), REJECTION_SEED)
    seen = read(decoded(prior.codec, latents.split(sampling.batch)))
    good = np.flatnonzero(obeyed(seen, prompts.wanted[rows]))
    if not len(good):
        return 0
    kept, texts = latents[torch.from_numpy(good)], prompts.told(rows[good])
    torch.manual_seed(0)
    opened = Opened(prior, TUNINGS["lora"], ())
    learning = opened.learning
    optimiser = adamw(learning, TUNINGS["lora"].lr)

    def one(i: int) -> dict[str, float]:
        chosen = torch.randint(len(kept), (batch,))
        with torch.no_grad():
            context = prior.embed([texts[j] for j in chosen.tolist()])
        loss = prior_loss(prior, kept[chosen], context)
        update(loss, optimiser, clip=1.0)
        return {"loss": loss.item()}

    modules: dict[str, nn.Module] = {"net": learning}
    task = Task(modules, {"net": optimiser}, one, "net")
    learning.load_state_dict(run(task, longer(int((1 - KEPT_SHARE) * calls), batch), out, "rejection"))
    opened.close()
    return len(good)

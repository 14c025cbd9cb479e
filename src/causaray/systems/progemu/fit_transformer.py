"""Training of the transformer: the next token of pairs of films and words."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from causaray.devices import autocast
from causaray.nets.words import WordList
from causaray.systems.progemu.pairs import Pairs
from causaray.systems.progemu.recipe import TransformerRun
from causaray.systems.progemu.sequence import IGNORED, Layout, numbers
from causaray.systems.progemu.transformer import Transformer, TransformerShape
from causaray.training.loop import Task, run
from causaray.training.updates import adamw, update

CLIP = 1.0


def batches(
    pairs: Pairs,
    tokens: Tensor,
    change: Callable[[np.ndarray, np.ndarray], Tensor],
    words: WordList,
    layout: Layout,
    plan: TransformerRun,
    seed: int,
) -> Callable[[int], Tensor]:
    """Update -> sequences (B, length). tokens (N, film): of all films; change: the tokens (B, film) of what changes
    between films of two rows each. Film and prompt are dropped independently, so that each can be guided by; the paper
    drops both at once."""

    def draw(i: int) -> Tensor:
        rng = np.random.default_rng((seed, i))
        drawn = [pairs.draw(int(row), rng) for row in rng.integers(len(pairs), size=plan.batch)]
        before, after = (np.array([pair[j] for pair in drawn]) for j in (0, 1))
        prompts = numbers(words, [pair.prompt for pair in drawn], layout.prompt)
        texts = numbers(words, [pair.text for pair in drawn], layout.text)
        no_film, no_prompt = (torch.from_numpy(rng.random(plan.batch) < p) for p in (plan.no_film, plan.no_prompt))
        return layout.without(layout.join(tokens[before], prompts, change(before, after), texts), no_film, no_prompt)

    return draw


def fit_transformer(
    draw: Callable[[int], Tensor], layout: Layout, plan: TransformerRun, seed: int, out: Path, name: str = "transformer"
) -> Transformer:
    """Train on the sequences that `draw` gives; resumes out/<name>.pt."""
    torch.manual_seed(seed)
    net = Transformer(layout, TransformerShape(plan.dim, plan.layers, plan.heads), plan.spread)
    optimiser = adamw(net, plan.lr)

    def step(i: int) -> dict[str, float]:
        sequences = draw(i)
        with autocast(sequences.device, True):
            logits = net(sequences[:, :-1])
        losses = losses_of(layout, logits, layout.targets(sequences, plan.learns))
        update(losses["loss"], optimiser, CLIP)
        return {part: one.item() for part, one in losses.items()}

    net.load_state_dict(run(Task({"net": net}, {"net": optimiser}, step, "net"), plan.steps, out, name))
    return net.eval().requires_grad_(False)


def losses_of(layout: Layout, logits: Tensor, targets: Tensor) -> dict[str, Tensor]:
    """Mean over all next tokens, and over those of follow-up film and of text alone, where they are learned."""
    each = cross_entropy(logits.transpose(1, 2), targets, ignore_index=IGNORED, reduction="none")
    known, (_, _, film, text) = targets != IGNORED, layout.parts
    found = {"loss": each.sum() / known.sum()}
    for name, part in (("film", film), ("text", text)):
        told = known[:, part.start - 1 : part.stop - 1].sum()
        if told:
            found[name] = each[:, part.start - 1 : part.stop - 1].detach().sum() / told
    return found

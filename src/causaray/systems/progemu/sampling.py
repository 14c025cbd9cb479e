"""Drawing a follow-up film and its text token by token, guided by the prior film and by the prompt apart."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from causaray.systems.progemu.sequence import END
from causaray.systems.progemu.transformer import Cache, Transformer


@dataclass(frozen=True)
class Guidance:
    """Scales of the prior film and of the prompt, each held against the view from which it alone is dropped; 1 and 1 is
    no guidance.

    The paper drops both together, so that one scale sharpens "is of this patient", too.
    """

    film: float = 1.0
    prompt: float = 1.0

    def views(self) -> list[tuple[float, bool, bool]]:
        """What the logits are a sum of: the weight of each view, and whether film and prompt are dropped from it.

        l(film, prompt) + (film - 1) (l(film, prompt) - l(0, prompt)) + (prompt - 1) (l(film, prompt) - l(film, 0)).
        The whole view comes first, and views of weight 0 are left out.
        """
        dropped = [(1 - self.film, True, False), (1 - self.prompt, False, True)]
        return [(self.film + self.prompt - 1, False, False), *(view for view in dropped if view[0])]


@dataclass(frozen=True)
class Sampling:
    """temperature: 0 takes the likeliest token. top: of so many likeliest tokens one is drawn; the paper's 2,048 are of
    32,768 codes."""

    guidance: Guidance = field(default_factory=Guidance)
    temperature: float = 0.0
    top: int = 32


@torch.no_grad()
def draw(
    net: Transformer,
    prior: Tensor,
    prompt: Tensor,
    how: Sampling,
    seeds: Sequence[int],
    change: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Tokens of what changes in the follow-up films (B, film) and numbers of the words that tell it (B, text).

    prior (B, film) tokens, prompt (B, prompt) numbers of words. change: tokens of what changes, where it is known; then
    the text alone is drawn. Guidance is of films; words are written for what is asked as it is. A row depends on its
    seed, and not on what is drawn beside it.
    """
    layout, rows = net.layout, len(prior)
    views = how.guidance.views() if change is None else Guidance().views()
    begun = layout.join(prior, prompt, change)
    seen = torch.cat([layout.without(begun, no_film, no_prompt) for _, no_film, no_prompt in views])
    weights = torch.tensor([weight for weight, _, _ in views]).view(-1, 1, 1)
    cache = Cache(net.shape, len(seen), layout.length)
    noise = Noise(seeds, how)
    logits = net(seen, cache)[:, -1]
    made = begun
    while made.shape[1] < layout.follow_up.stop:
        mixed = (weights * logits.unflatten(0, (len(views), rows))).sum(0)
        token = noise.pick(mixed, layout.allowed(made.shape[1]))
        made = torch.cat([made, token[:, None]], 1)
        logits = net(token.repeat(len(views))[:, None], cache)[:, -1]
    cache.keep(rows)
    logits = logits[:rows]
    ended = torch.zeros(rows, dtype=torch.bool)
    while made.shape[1] < layout.length:
        token = noise.pick(logits, layout.allowed(made.shape[1])).where(~ended, torch.tensor(layout.first_word + END))
        ended |= token == layout.first_word + END
        made = torch.cat([made, token[:, None]], 1)
        if ended.all():
            break
        if made.shape[1] < layout.length:
            logits = net(token[:, None], cache)[:, -1]
    rest = made.new_full((rows, layout.length - made.shape[1]), layout.first_word + END)
    made = torch.cat([made, rest], 1)
    _, _, film, text = layout.parts
    return made[:, film] - layout.codes, made[:, text] - layout.first_word


class Noise:
    """Picks tokens by logits, each row by numbers of its own seed."""

    def __init__(self, seeds: Sequence[int], how: Sampling) -> None:
        self.how = how
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds] if how.temperature else []

    def pick(self, logits: Tensor, allowed: slice) -> Tensor:
        """A token (B,) of logits (B, tokens) among those that are allowed."""
        held = logits[:, allowed]
        if self.how.temperature:
            least = held.topk(min(self.how.top, held.shape[1])).values[:, -1:]
            lots = torch.stack([torch.rand(held.shape[1], generator=one) for one in self.generators])
            gumbel = -(-lots.clamp(1e-9, 1 - 1e-7).log()).log()
            held = (held / self.how.temperature + gumbel).masked_fill(held < least, -torch.inf)
        return held.argmax(1) + allowed.start

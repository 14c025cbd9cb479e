"""The attention of a prior's U-Net, looked at and replaced by layer (prompt-to-prompt, Hertz et al. 2022)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Layer:
    """One attention of the U-Net. `cross`: pixels look at words, else at each other; `side`: pixels of their square."""

    name: str
    cross: bool
    side: int


Control = Callable[[Tensor, Layer], Tensor]
"""What becomes of a layer's attention (B, heads, pixels, keys), whose rows each sum to 1."""


class _Processor:
    """Attention written out, so that its weights can be had; the arithmetic of diffusers' own."""

    def __init__(self, name: str, control: Control) -> None:
        self.name, self.control = name, control

    def __call__(self, attn: Any, hidden: Tensor, encoder_hidden_states: Tensor | None = None, **_: Any) -> Tensor:
        keys = hidden if encoder_hidden_states is None else encoder_hidden_states
        query, key, value = (
            attn.head_to_batch_dim(project(x))
            for project, x in ((attn.to_q, hidden), (attn.to_k, keys), (attn.to_v, keys))
        )
        weights = attn.get_attention_scores(query, key).unflatten(0, (len(hidden), attn.heads))
        layer = Layer(self.name, encoder_hidden_states is not None, round(hidden.shape[1] ** 0.5))
        weights = self.control(weights, layer).flatten(0, 1)
        out = attn.batch_to_head_dim(torch.bmm(weights, value))
        return attn.to_out[1](attn.to_out[0](out))


@contextmanager
def controlled(unet: Any, control: Control) -> Iterator[None]:
    """Within, every attention of the U-Net passes through `control`."""
    before = dict(unet.attn_processors)
    unet.set_attn_processor({name: _Processor(name, control) for name in before})
    try:
        yield
    finally:
        unet.set_attn_processor(before)


@dataclass(frozen=True)
class Alignment:
    """Where each word of a target text stands in its source.

    `source` (L,): the position there; `known` (L,): 1 where the word has one, 0 where it is new; `new`, `gone`:
    positions of the words that only the target and only the source has.
    """

    source: Tensor
    known: Tensor
    new: list[int]
    gone: list[int]


def aligned(source: list[str], target: list[str], replace: bool = False) -> Alignment:
    """Align the pieces of two texts of equal length L, "" where they have ended.

    replace: a word that takes another's place is aligned with it (prompt-to-prompt's replacement), else it is new
    (its refinement). Past both ends positions stand for themselves.
    """
    length = len(source)
    place, known = torch.arange(length), torch.zeros(length)
    words = [[piece for piece in text if piece] for text in (source, target)]
    new, gone = list[int](), list[int]()
    for kind, i, i_end, j, j_end in SequenceMatcher(None, words[0], words[1], autojunk=False).get_opcodes():
        if kind == "equal" or (replace and kind == "replace" and i_end - i == j_end - j):
            place[j:j_end], known[j:j_end] = torch.arange(i, i_end), 1.0
        if kind != "equal":
            new, gone = [*new, *range(j, j_end)], [*gone, *range(i, i_end)]
    known[max(len(text) for text in words) :] = 1.0
    return Alignment(place, known, new, gone)


class PromptToPrompt(nn.Module):
    """Attention control of a batch whose first half denoises the source text and whose second half the target.

    Words that both have are looked at by the target as by the source during the first `cross` of the steps; pixels look
    at each other as in the source during the first `own` of them, on squares of `side` or less. `weight` multiplies the
    attention to the new words. What source and target pay to changed words is summed over layers of `side` pixels for
    `region`. `step(share)` says how much of the denoising is over.
    """

    def __init__(
        self, alignment: Alignment, cross: float = 0.8, own: float = 0.5, weight: float = 1.0, side: int = 16
    ) -> None:
        super().__init__()
        self.alignment, self.cross, self.own, self.side = alignment, cross, own, side
        self.weights = torch.ones(len(alignment.known))
        self.weights[alignment.new] = weight
        self.share, self.seen = 0.0, list[Tensor]()

    def step(self, share: float) -> None:
        """Tell how much of the denoising is over, 0 to 1."""
        self.share = share

    def forward(self, attention: Tensor, layer: Layer) -> Tensor:
        source, target = attention.chunk(2)
        if layer.cross:
            self._look(source, target, layer)
            return torch.cat([source, self._words(source, target)])
        if self.share < self.own and layer.side <= self.side:
            return torch.cat([source, source])
        return attention

    def _words(self, source: Tensor, target: Tensor) -> Tensor:
        if self.share < self.cross:
            known = self.alignment.known.to(target)
            target = source[..., self.alignment.source.to(target.device)] * known + target * (1 - known)
        return target * self.weights.to(target)

    def _look(self, source: Tensor, target: Tensor, layer: Layer) -> None:
        if layer.side != self.side:
            return
        shown = torch.zeros_like(target[..., 0].mean(1))
        for half, words in ((source, self.alignment.gone), (target, self.alignment.new)):
            if words:
                shown = shown + half[..., words].mean(1).sum(-1)
        self.seen.append(shown.detach().unflatten(1, (layer.side, layer.side)))

    def region(self, size: int, threshold: float = 0.3) -> Tensor:
        """Where changed words are looked at: bool (B, 1, size, size), above `threshold` of the most looked at."""
        mean = torch.stack(self.seen).mean(0)[:, None]
        shown = nn.functional.interpolate(mean, size=(size, size), mode="bilinear", align_corners=False)
        low, high = shown.amin((2, 3), keepdim=True), shown.amax((2, 3), keepdim=True)
        return (shown - low) > threshold * (high - low)

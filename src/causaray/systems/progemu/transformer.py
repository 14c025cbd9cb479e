"""The decoder-only transformer over the joint sequence of films and words, with a cache of keys and values."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from causaray.nets.blocks import TransformerLayer
from causaray.systems.progemu.sequence import Layout


@dataclass(frozen=True)
class TransformerShape:
    """dim: width of a token; heads divide it."""

    dim: int = 128
    layers: int = 4
    heads: int = 4


class Cache:
    """The tokens seen so far (B, length), of which `seen` count, and their keys and values (layers, 2, B, heads,
    length, dim / heads)."""

    def __init__(self, shape: TransformerShape, rows: int, length: int) -> None:
        self.tokens = torch.zeros(rows, length, dtype=torch.long)
        self.kept = torch.zeros(shape.layers, 2, rows, shape.heads, length, shape.dim // shape.heads)
        self.seen = 0

    def keep(self, rows: int) -> None:
        """Keep the first rows alone."""
        self.tokens, self.kept = self.tokens[:rows], self.kept[:, :, :rows]


class CausalLayer(TransformerLayer):
    """A layer in which a token looks at itself and at those before it."""

    def begin(self, layers: int) -> None:
        """Set what it adds so small that the sum over so many layers keeps its size, as GPT-2 has it."""
        for last in (self.out, self.mlp[2]):
            nn.init.normal_(last.weight, std=0.02 / (2 * layers) ** 0.5)  # type: ignore[arg-type]

    def onward(self, x: Tensor, past: Tensor | None, seen: int) -> Tensor:
        """Tokens (B, l, D), which stand after `seen` others, those of `past` (2, B, heads, L, D / heads); the keys and
        values of these are written there."""
        q, k, v = self._heads(self.norm1(x))
        if past is not None:
            past[:, :, :, seen : seen + x.shape[1]] = torch.stack((k, v))
            k, v = past[:, :, :, : seen + x.shape[1]]
        after = torch.ones(x.shape[1], k.shape[2], dtype=torch.bool).triu(1 + seen)
        scores = (q / q.shape[-1] ** 0.5) @ k.transpose(2, 3)  # written out: torch's own is slow backward on a CPU
        looked = scores.masked_fill(after, -torch.inf).softmax(-1).to(v) @ v
        x = x + self.out(looked.transpose(1, 2).flatten(2))
        return x + self.mlp(self.norm2(x))


class Transformer(nn.Module):
    """Tokens (B, l) to logits of the token after each (B, l, tokens).

    Where the change of a place is to be foretold, the token that stands at that place of the prior film is added, and
    so is the vector of the place. The paper has neither; a small model would need all of its training to find out
    where it is. spread: deviation of the vectors at the beginning.
    """

    places: Tensor

    def __init__(self, layout: Layout, shape: TransformerShape, spread: float = 0.02) -> None:
        super().__init__()
        self.layout, self.shape = layout, shape
        self.token = nn.Embedding(layout.tokens, shape.dim)
        self.position = nn.Embedding(layout.length, shape.dim)
        self.place = nn.Embedding(layout.film + 1, shape.dim)
        layers = [CausalLayer(shape.dim, shape.heads) for _ in range(shape.layers)]
        self.layers = nn.ModuleList(layers)
        self.norm = nn.LayerNorm(shape.dim)
        for table in (self.token, self.position, self.place):
            nn.init.normal_(table.weight, std=spread)
        for layer in layers:
            layer.begin(shape.layers)
        places = torch.full((layout.length,), layout.film)  # the last of the places is none
        prior, _, follow_up, _ = layout.parts
        places[prior] = torch.arange(layout.film)
        places[follow_up.start - 1 : follow_up.stop - 1] = torch.arange(layout.film)
        self.register_buffer("places", places, persistent=False)

    def _before(self, tokens: Tensor, at: Tensor) -> Tensor:
        """What the prior film shows (B, l, D) where tokens after places `at` (l,) stand; 0 where none of a film do."""
        first = self.layout.follow_up.start - 1
        asked = (at >= first) & (at < first + self.layout.film)
        shown = self.token(tokens[:, (1 + at - first).clamp(1, self.layout.film).clamp(max=tokens.shape[1] - 1)])
        return shown * asked[:, None]

    def forward(self, tokens: Tensor, cache: Cache | None = None) -> Tensor:
        seen = cache.seen if cache else 0
        at = torch.arange(seen, seen + tokens.shape[1])
        if cache:
            cache.tokens[:, seen : seen + tokens.shape[1]] = tokens
        x = self.token(tokens) + self.position(at) + self.place(self.places[at])
        x = x + self._before(tokens if cache is None else cache.tokens, at)
        for i, layer in enumerate(self.layers):
            assert isinstance(layer, CausalLayer)
            x = layer.onward(x, cache.kept[i] if cache else None, seen)
        if cache:
            cache.seen += tokens.shape[1]
        return nn.functional.linear(self.norm(x), self.token.weight).float()

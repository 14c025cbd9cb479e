"""What a LaDiNE is compared with, all on the same transformer and each with one temperature from split val."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from causaray.nets.vision_transformer import VisionTransformer
from causaray.systems.ladine.aggregation import Uncertainty, best_temperature, uncertainty
from causaray.systems.ladine.label_space import tempered
from causaray.systems.ladine.ladine import Ladine

BATCH = 64
PASSES = 10
"""Of MC dropout."""


@dataclass(frozen=True)
class Looked:
    """Images (B, 1, S, S), and the tokens that the transformer which all rows share has of them."""

    images: Tensor
    tokens: Sequence[Tensor]


@dataclass
class Row:
    """A classifier of the table.

    said: images to anything whose probabilities (B, 2) `read` gives at a temperature. attacked: images to logits
    (B, 2), at random where the classifier is, with gradients; None of a row that is not attacked. spread: how far its
    draws disagree, where it has several.
    """

    name: str
    net: nn.Module
    said: Callable[[Looked], Tensor]
    attacked: Callable[[Tensor], Tensor] | None
    read: Callable[[Tensor, float], Tensor] = tempered
    spread: Callable[[Tensor, float], Uncertainty] | None = None
    temperature: float = field(default=1.0)

    def calibrate(self, images: Tensor, labels: np.ndarray, shared: VisionTransformer) -> None:
        """Find the temperature on images of split val."""
        said = [self.said(looked) for looked in looks(shared, images)]
        self.temperature = best_temperature(lambda at: torch.cat([self.read(part, at) for part in said]), labels)

    def answer(self, looked: Looked) -> tuple[Tensor, Tensor]:
        """The probability (B,) that the finding is there, and the interval width (B,), NaN where there is none."""
        said = self.said(looked)
        present = self.read(said, self.temperature)[:, 1]
        width = self.spread(said, self.temperature).width if self.spread else torch.full_like(present, torch.nan)
        return present, width

    @property
    def parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.net.parameters())


@torch.no_grad()
def looks(shared: VisionTransformer, images: Tensor) -> list[Looked]:
    """Images in parts, with their tokens."""
    return [Looked(part, shared.tokens(part)) for part in images.split(BATCH)]


def both(logits: Tensor) -> Tensor:
    """Probabilities (B, 2) that a finding is absent and present, of its logit (B, 1)."""
    return torch.cat([-logits, logits], 1).sigmoid()


def plain(name: str, net: nn.Module, shared: bool = False) -> Row:
    """One net of one logit; the transformer that all rows share is not asked again."""
    if shared:
        return Row(name, net, lambda looked: both(net.read(looked.tokens[-1])), lambda x: _two(net(x)))  # type: ignore[operator]
    return Row(name, net, lambda looked: both(net(looked.images)), lambda x: _two(net(x)))


def ensemble(nets: Sequence[VisionTransformer]) -> Row:
    """A deep ensemble: the mean of the probabilities of nets trained apart, the first of which all rows share."""

    def mean(first: Tensor, images: Tensor) -> Tensor:
        return torch.stack([both(first), *(both(net(images)) for net in nets[1:])]).mean(0)

    return Row(
        f"deep ensemble of {len(nets)}", nn.ModuleList(nets),
        lambda looked: mean(nets[0].read(looked.tokens[-1]), looked.images),
        lambda x: mean(nets[0](x), x).clamp(min=1e-7).log(),
    )  # fmt: skip


def mc_dropout(net: VisionTransformer) -> Row:
    """The mean of several passes with dropout as in training (Gal and Ghahramani 2016).

    It is not attacked: it would cost most of the time, and is the transformer of the first row.
    """

    def passes(looked: Looked) -> Tensor:
        net.dropout.train()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            drawn = torch.stack([both(net(looked.images)) for _ in range(PASSES)])
        net.dropout.eval()
        return drawn.mean(0)

    return Row("MC dropout", net, passes, None)


def ladine(name: str, net: Ladine) -> Row:
    """A LaDiNE, or a CARD: attacked through all of its chains, each gradient with new noise (EOT)."""
    rng = torch.Generator().manual_seed(1)

    def attacked(images: Tensor) -> Tensor:
        y = net.labels(net.see(net.vit.tokens(images)), rng)
        return net.aggregated(y, row.temperature).clamp(min=1e-7).log()

    row = Row(
        name, net, lambda looked: net.labels(net.see(looked.tokens)), attacked, net.aggregated,
        lambda y, at: uncertainty(net.drawn(y, at)),
    )  # fmt: skip
    return row


def _two(logits: Tensor) -> Tensor:
    """Logits (B, 2) of one logit (B, 1)."""
    return torch.cat([torch.zeros_like(logits), logits], 1)

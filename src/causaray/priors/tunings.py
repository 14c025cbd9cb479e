"""What of a prior a fine-tuning may change: its U-Net, low-rank updates of that, the embeddings of new words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from causaray.diffusion.prior import Prior
from causaray.errors import BadInput
from causaray.nets.new_words import NewWords

WORD = "causaray"
"""The word that stands for the new domain where one is learned."""
RANK = 8
ATTENTION = ["to_q", "to_k", "to_v", "to_out.0"]
"""The projections of diffusers' attention."""


@dataclass(frozen=True)
class Tuning:
    """unet, lora: what learns of the U-Net; word: WORD is learned, and no other; preserve: prior preservation.

    lr: the peak learning rate for priors of our size; of Stable Diffusion's size a tenth or less is usual.
    """

    lr: float
    unet: bool = False
    lora: bool = False
    word: bool = False
    preserve: bool = False


TUNINGS = {
    "full": Tuning(5e-4, unet=True),
    "lora": Tuning(1e-3, lora=True),
    "textual-inversion": Tuning(5e-3, word=True),
    "dreambooth": Tuning(5e-4, unet=True, word=True, preserve=True),
}
"""Plain fine-tuning; Hu et al. 2022; Gal et al. 2023; Ruiz et al. 2023."""


class Opened:
    """A prior whose parts learn as a tuning says, all others frozen; `close` makes a plain prior of it again."""

    def __init__(self, prior: Prior, tuning: Tuning, vocabulary: Sequence[str]) -> None:
        self.prior, self.lora = prior, tuning.lora
        prior.unet.requires_grad_(tuning.unet)
        if tuning.lora:
            prior.unet = with_lora(prior.unet)
        self.words = teach(prior, tuning, vocabulary)

    @property
    def learning(self) -> nn.ParameterList:
        """Whatever learns, a learned drift among it."""
        return nn.ParameterList(p for p in self.prior.parameters() if p.requires_grad)

    def close(self) -> None:
        """Low-rank updates are merged into the weights that they update, new words join the others."""
        if self.lora:
            self.prior.unet = self.prior.unet.merge_and_unload()
        if self.words is not None:
            self.words.settle(self.prior.text_encoder)
        self.prior.eval().requires_grad_(False)


def with_lora(unet: Any) -> Any:
    """The U-Net with low-rank updates of its attention projections, at first of nothing (peft)."""
    from peft import LoraConfig, get_peft_model  # takes seconds to import

    return get_peft_model(unet, LoraConfig(r=RANK, lora_alpha=RANK, target_modules=ATTENTION))


def teach(prior: Prior, tuning: Tuning, vocabulary: Sequence[str]) -> NewWords | None:
    """Make the prior learn WORD, or all of the captions' words that it does not know; None where there are none."""
    new = [WORD] if tuning.word else prior.words.unknown(" ".join(vocabulary))
    added = prior.words.add(new)
    if tuning.word and not added:
        raise BadInput(f"{prior.name} knows the word {WORD} already; begin with the prior that it was made of.")
    return NewWords.put_into(prior.text_encoder, len(prior.words), added) if added else None

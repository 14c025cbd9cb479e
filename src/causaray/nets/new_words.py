"""New words of a text encoder: their embeddings learn, and those of the other words stand still."""

from typing import Any, Self

import torch
from torch import Tensor, nn


class NewWords(nn.Module):
    """An embedding (N, dim) whose last rows are a parameter of their own, so that no other row can change.

    new: (n, dim), at first the mean of the others.
    """

    def __init__(self, old: nn.Embedding, n: int) -> None:
        super().__init__()
        self.old = old.requires_grad_(False)
        known = old.weight[: old.num_embeddings - n]
        self.new = nn.Parameter(known.mean(0, keepdim=True).repeat(n, 1))

    @classmethod
    def put_into(cls, text_encoder: Any, size: int, n: int) -> Self:
        """Make room for `size` words in transformers' CLIPTextModel, the last n of them new."""
        text_encoder.resize_token_embeddings(size, mean_resizing=False)
        words = cls(text_encoder.get_input_embeddings(), n)
        text_encoder.set_input_embeddings(words)
        return words

    def forward(self, numbers: Tensor) -> Tensor:
        return nn.functional.embedding(numbers, self._weight())

    def settle(self, text_encoder: Any) -> None:
        """Put what was learned into the plain embedding, back in its place."""
        self.old.weight.data.copy_(self._weight())
        text_encoder.set_input_embeddings(self.old)

    def _weight(self) -> Tensor:
        return torch.cat([self.old.weight[: -len(self.new)], self.new])

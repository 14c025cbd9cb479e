"""Texts as the numbers of their words, for the text encoder of a prior."""

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

import torch
from torch import Tensor

_WORD = re.compile(r"[a-z]+|\d+|[.,:]")


class Words(Protocol):
    """How a prior's text encoder reads. `length`: positions, whatever the text."""

    length: int

    def numbers(self, texts: Sequence[str]) -> Tensor:
        """Word numbers (B, length), int64, filled up where a text ends."""
        ...

    def __len__(self) -> int:
        """How many numbers there are."""
        ...

    def pieces(self, text: str) -> list[str]:
        """What stands at each position, "" where the text has ended: `length` strings."""
        ...

    def unknown(self, text: str) -> list[str]:
        """The words of a text that it has no number for."""
        ...

    def add(self, words: Sequence[str]) -> int:
        """Give words numbers of their own, after all others; how many were not known before."""
        ...


def words_of(text: str) -> list[str]:
    """Words, numbers and stops of a text, in lower case."""
    return _WORD.findall(text.lower())


class WordList:
    """A vocabulary of whole words: number 0 is no word, 1 a word that it does not hold."""

    def __init__(self, vocabulary: Sequence[str], length: int = 32) -> None:
        self.vocabulary: tuple[str, ...] = ()
        self.length, self._number = length, dict[str, int]()
        self.add(vocabulary)

    def __len__(self) -> int:
        return len(self.vocabulary) + 2

    def numbers(self, texts: Sequence[str]) -> Tensor:
        rows = torch.zeros(len(texts), self.length, dtype=torch.long)
        for row, text in zip(rows, texts, strict=True):
            found = [self._number.get(word, 1) for word in words_of(text)[: self.length]]
            row[: len(found)] = torch.tensor(found, dtype=torch.long)
        return rows

    def pieces(self, text: str) -> list[str]:
        return (words_of(text) + [""] * self.length)[: self.length]

    def unknown(self, text: str) -> list[str]:
        return [word for word in words_of(text) if word not in self._number]

    def add(self, words: Sequence[str]) -> int:
        new = tuple(word for word in dict.fromkeys(words) if word not in self._number)
        self._number |= {word: len(self) + i for i, word in enumerate(new)}
        self.vocabulary += new
        return len(new)


class ClipWords:
    """The tokenizer of a Stable Diffusion folder."""

    def __init__(self, tokenizer) -> None:  # type: ignore[no-untyped-def]
        self.tokenizer, self.length = tokenizer, tokenizer.model_max_length

    def __len__(self) -> int:
        return len(self.tokenizer)

    def numbers(self, texts: Sequence[str]) -> Tensor:
        return self.tokenizer(
            list(texts), padding="max_length", max_length=self.length, truncation=True, return_tensors="pt"
        ).input_ids

    def pieces(self, text: str) -> list[str]:
        ids = self.tokenizer([text], truncation=True, max_length=self.length).input_ids[0]
        pieces = [piece.replace("</w>", "") for piece in self.tokenizer.convert_ids_to_tokens(ids)]
        return (pieces + [""] * self.length)[: self.length]

    def unknown(self, text: str) -> list[str]:
        """None: what it does not know it spells."""
        return []

    def add(self, words: Sequence[str]) -> int:
        return self.tokenizer.add_tokens(list(words))


def vocabulary(texts: Iterable[str]) -> tuple[str, ...]:
    """Every word of the texts, once, in alphabetical order."""
    return tuple(sorted({word for text in texts for word in words_of(text)}))

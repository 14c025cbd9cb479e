"""The sequence that the transformer learns: [prior film][what is to happen][follow-up film][what changed].

A token is a number: first the codes of prior films, then those of what changes from one to its follow-up, then words (0
ends a text, 1 is an unknown word), then BEGIN and NOTHING, which stands wherever the prior film or the prompt is
dropped. Every part has a fixed length, so that a place in the sequence always means the same; what a text leaves of its
part is filled with ends.
"""

import re
from collections.abc import Sequence as Several
from dataclasses import dataclass

import torch
from torch import Tensor

from causaray.nets.words import WordList, words_of

END, UNKNOWN = 0, 1
"""Numbers of words, as of `WordList`."""
IGNORED = -100
"""A target that is not learned."""


@dataclass(frozen=True)
class Layout:
    """film: tokens of a film; prompt, text: words of each; codes, changes, words: how many there are of each."""

    film: int
    prompt: int
    text: int
    codes: int
    changes: int
    words: int

    @property
    def first_word(self) -> int:
        """The token of word 0."""
        return self.codes + self.changes

    @property
    def begin(self) -> int:
        """The token that every sequence begins with."""
        return self.first_word + self.words

    @property
    def nothing(self) -> int:
        """The token that stands for what is dropped."""
        return self.begin + 1

    @property
    def tokens(self) -> int:
        """How many numbers a token may have."""
        return self.nothing + 1

    @property
    def length(self) -> int:
        """Tokens of a sequence, BEGIN included."""
        return 1 + 2 * self.film + self.prompt + self.text

    @property
    def follow_up(self) -> slice:
        """Where the tokens of the follow-up film stand in a sequence: those of what changes in it."""
        start = 1 + self.film + self.prompt
        return slice(start, start + self.film)

    @property
    def parts(self) -> tuple[slice, slice, slice, slice]:
        """Where prior film, prompt, follow-up film and text stand."""
        film = self.follow_up
        return slice(1, 1 + self.film), slice(1 + self.film, film.start), film, slice(film.stop, self.length)

    def allowed(self, place: int) -> slice:
        """The tokens that may stand at a place: codes where a film stands, words and ends elsewhere."""
        prior, _, film, _ = self.parts
        if prior.start <= place < prior.stop:
            return slice(0, self.codes)
        if film.start <= place < film.stop:
            return slice(self.codes, self.first_word)
        return slice(self.first_word, self.begin)

    def join(self, prior: Tensor, prompt: Tensor, change: Tensor | None = None, text: Tensor | None = None) -> Tensor:
        """Sequences (B, length) of tokens of prior films and of what changes (B, film), and numbers of words
        (B, prompt) and (B, text); as far as they are given."""
        begin = torch.full((len(prior), 1), self.begin)
        parts = [begin, prior, prompt + self.first_word]
        parts += [] if change is None else [change + self.codes]
        parts += [] if text is None else [text + self.first_word]
        return torch.cat(parts, 1)

    def without(self, sequences: Tensor, prior: Tensor | bool = False, prompt: Tensor | bool = False) -> Tensor:
        """Sequences (B, l) from which prior film or prompt is dropped, where bool (B,), or for all, says so."""
        dropped = sequences.clone()
        for part, out in zip(self.parts, (prior, prompt), strict=False):
            where = torch.as_tensor(out).reshape(-1, 1)
            dropped[:, part] = dropped[:, part].masked_fill(where, self.nothing)
        return dropped

    def targets(self, sequences: Tensor, learns: str = "all") -> Tensor:
        """The next token at each place (B, length - 1): IGNORED after the first end of a text, where something is
        dropped, and outside of what `learns` names, "all", "answer" (film and text), "film" or "text"."""
        wanted = sequences.clone()
        _, prompt, film, text = self.parts
        for part in (prompt, text):
            ended = (sequences[:, part] == self.first_word + END).cumsum(1) > 1
            wanted[:, part] = wanted[:, part].masked_fill(ended, IGNORED)
        wanted[sequences == self.nothing] = IGNORED
        if learns != "all":
            kept = {"answer": slice(film.start, text.stop), "film": film, "text": text}[learns]
            wanted[:, : kept.start] = IGNORED
            wanted[:, kept.stop :] = IGNORED
        return wanted[:, 1:]


def shortened(text: str, most: int) -> str:
    """The text in at most `most` words and stops: without its last sentences, or, where it is a prompt of wishes set
    off by commas, without the last of these."""
    parts = re.split(r"(?<=\.) " if "." in text else r", ", text)
    between = " " if "." in text else ", "
    while len(parts) > 1 and len(words_of(between.join(parts))) > most:
        parts.pop()
    return between.join(parts)


def numbers(words: WordList, texts: Several[str], length: int) -> Tensor:
    """Numbers of words (B, length) of texts, each with an end; those that are too long are shortened."""
    found = torch.full((len(texts), length), END)
    for row, text in zip(found, texts, strict=True):
        known = words.numbers([shortened(text, length - 1)])[0, : length - 1]
        row[: len(known)] = known
    return found


def written(words: WordList, row: Several[int]) -> str:
    """The text of numbers of words, up to their end: sentences that begin with a capital."""
    text = ""
    for number in row:
        if number == END:
            break
        word = words.vocabulary[number - 2] if number > UNKNOWN else "?"
        text += word if word in ".,:" else f" {word}"
    sentences = [one.strip() for one in text.split(".") if one.strip()]
    return " ".join(f"{one[0].upper()}{one[1:]}." for one in sentences)

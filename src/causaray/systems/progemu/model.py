"""ProgEmu: tokeniser and transformer together, their weights, and what is asked of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor, nn

from causaray import weightfiles
from causaray.editors.saved import load_weights, save_weights
from causaray.errors import BadInput
from causaray.nets.words import WordList, words_of
from causaray.systems.progemu.change_tokeniser import ChangeTokeniser
from causaray.systems.progemu.progress_prompt import read_wishes, to_prompt
from causaray.systems.progemu.sampling import Guidance, Sampling, draw
from causaray.systems.progemu.sequence import Layout, numbers, written
from causaray.systems.progemu.tokeniser import FilmTokeniser, TokeniserShape
from causaray.systems.progemu.transformer import Transformer, TransformerShape

METHOD = "progemu"


@dataclass(frozen=True)
class Config:
    """Everything but the numbers. names: findings that prompts may name; shape, changes: of the tokenisers of films and
    of changes; words: the vocabulary; free: whether prompts are anybody's words; sampling: how follow-ups are drawn."""

    name: str
    names: tuple[str, ...]
    shape: TokeniserShape
    changes: TokeniserShape
    layout: Layout
    transformer: TransformerShape
    words: tuple[str, ...]
    free: bool = False
    sampling: Sampling = field(default_factory=Sampling)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Config":
        """Of config.json. Raises KeyError or TypeError for what is none."""
        sampling = dict(values["sampling"])
        guidance = Guidance(**sampling.pop("guidance"))
        return cls(
            values["name"], tuple(values["names"]), TokeniserShape(**values["shape"]),
            TokeniserShape(**values["changes"]), Layout(**values["layout"]), TransformerShape(**values["transformer"]),
            tuple(values["words"]), values["free"], Sampling(guidance, **sampling),
        )  # fmt: skip


class Nets(nn.Module):
    """All nets, as they are saved."""

    def __init__(self, tokeniser: FilmTokeniser, changes: ChangeTokeniser, transformer: Transformer) -> None:
        super().__init__()
        self.tokeniser, self.changes, self.transformer = tokeniser, changes, transformer


class FollowUps(NamedTuple):
    """films (B, 1, S, S) in [0, 1]; tokens of what changes (B, places); texts: what changed."""

    films: Tensor
    tokens: Tensor
    texts: list[str]


class ProgEmu:
    """A model of follow-ups, which is not trained any more."""

    def __init__(self, nets: Nets, config: Config, digest: str = "unsaved") -> None:
        self.nets, self.config, self.digest = nets.eval().requires_grad_(False), config, digest
        self.words = WordList(config.words, max(config.layout.prompt, config.layout.text))

    @classmethod
    def load(cls, folder: str | Path) -> "ProgEmu":
        """Read a weights folder. Raises BadInput when it is not one of this method."""
        found = weightfiles.find(folder)

        def build(values: dict[str, Any]) -> Nets:
            config = Config.from_dict(values)
            tokenisers = FilmTokeniser(config.shape), ChangeTokeniser(config.changes)
            return Nets(*tokenisers, Transformer(config.layout, config.transformer))

        nets, values = load_weights(found, METHOD, build)
        return cls(nets, Config.from_dict(values), weightfiles.digest(found))

    def save(self, folder: Path, **about: Any) -> None:
        """Write the weights, and in config.json whatever `about` says of the training."""
        save_weights(self.nets, {"method": METHOD, **asdict(self.config), **about}, folder, half=True)

    def prompt(self, text: str) -> str:
        """A user's words as the model is told them.

        Raises BadInput for a prompt that changes nothing, for words or findings that the model never saw, and for more
        words than it reads.
        """
        told = text.strip()
        if not told:
            raise BadInput("An empty prompt changes nothing, so the follow-up is the prior film; say what happens.")
        if not self.config.free:
            wishes = read_wishes(text)
            strange = [wish.finding.name for wish in wishes if wish.finding.name not in self.config.names]
            if strange:
                raise BadInput(f"{self.config.name} never saw {strange[0]}; it knows {', '.join(self.config.names)}.")
            told = to_prompt(wishes)
        if unknown := self.words.unknown(told):
            raise BadInput(f'{self.config.name} never saw the word "{unknown[0]}"; say it in other words.')
        self.check_length(told)
        return told

    def check_length(self, told: str) -> None:
        """Raises BadInput for a prompt of more words and stops than the model reads."""
        most, said = self.config.layout.prompt - 1, len(words_of(told))
        if said > most:
            raise BadInput(f'{self.config.name} reads {most} words and stops, and "{told}" has {said}; ask for less.')

    def guided(self, scale: float | None) -> Sampling:
        """How follow-ups are drawn, with another scale of the prompt where one is given."""
        how = self.config.sampling
        return how if scale is None else replace(how, guidance=replace(how.guidance, prompt=scale))

    def follow_up(
        self, films: Tensor, prompts: Sequence[str], seeds: Sequence[int], how: Sampling | None = None
    ) -> FollowUps:
        """What films (B, 1, S, S) in [0, 1] become when it happens that `prompts` tell, in the words of `prompt`.

        Where a token and those about it tell no change, no pixel changes.
        """
        prior = self.nets.tokeniser.encode(films)
        asked = numbers(self.words, prompts, self.config.layout.prompt)
        tokens, words = draw(self.nets.transformer, prior, asked, how or self.config.sampling, seeds)
        return FollowUps(self.nets.changes.decode(films, tokens), tokens, self._texts(words))

    def describe(self, films: Tensor, later: Tensor, prompts: Sequence[str] | None = None) -> list[str]:
        """What changed from films (B, 1, S, S) to later ones of the same patients; told by the films alone without
        prompts."""
        prior, change = self.nets.tokeniser.encode(films), self.nets.changes.encode(films, later)
        layout = self.config.layout
        asked = numbers(self.words, [""] * len(films) if prompts is None else prompts, layout.prompt)
        if prompts is None:
            asked = asked.new_full(asked.shape, layout.nothing - layout.first_word)
        _, words = draw(self.nets.transformer, prior, asked, Sampling(), [0] * len(films), change)
        return self._texts(words)

    def _texts(self, words: Tensor) -> list[str]:
        return [written(self.words, row) for row in words.tolist()]

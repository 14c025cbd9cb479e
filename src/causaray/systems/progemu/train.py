"""`causaray train` of a recipe of method progemu: the tokenisers, then the transformer on their tokens."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts import open_cohorts
from causaray.cohorts.phantom import phantoms
from causaray.errors import BadInput
from causaray.nets.words import WordList, vocabulary
from causaray.systems.progemu.fit_tokeniser import fit_changes, fit_films
from causaray.systems.progemu.fit_transformer import batches, fit_transformer
from causaray.systems.progemu.icg import read_icg
from causaray.systems.progemu.model import Config, Nets, ProgEmu
from causaray.systems.progemu.pairs import Pairs
from causaray.systems.progemu.phantom_pairs import follow_up
from causaray.systems.progemu.recipe import ProgEmuRecipe
from causaray.systems.progemu.sampling import Guidance, Sampling
from causaray.systems.progemu.sequence import Layout
from causaray.systems.progemu.tokeniser import FilmTokeniser
from causaray.training.recipe import claim, load_plan
from causaray.training.source import trained_on

LISTENED = 8000
"""Pairs that are drawn, or all where there are more, to learn which words there are."""
SAMPLING = Sampling(Guidance(film=1.0, prompt=1.5))
"""How follow-ups are drawn: the likeliest tokens; chosen on split val of the experiment."""


def train(recipe: str | Path, cohorts: Sequence[Path], out: Path, seed: int | None = None) -> Path:
    """Train on the pairs of the recipe, or on the phantoms of the cohorts; return the folder out/<name>.

    Of prepared cohorts the split train is used. Resumes what `out` holds. Raises BadInput for pairs that cannot be
    read, for cohorts of another size than the recipe's, and for no phantoms.
    """
    plan = load_plan(recipe, ProgEmuRecipe, seed)
    pairs, cards = _of_folder(plan) if plan.pairs else _of_phantoms(plan, cohorts, out)
    claim(out, plan)
    trained(plan, pairs, out).save(out / plan.name, recipe=plan.model_dump(mode="json"), cohorts=cards)
    return out / plan.name


def trained(plan: ProgEmuRecipe, pairs: Pairs, out: Path, name: str = "transformer") -> ProgEmu:
    """The model of a recipe, trained on pairs; its parts are kept in `out`, the transformer as `name`."""
    tokeniser = fit_films(pairs, plan.size, plan.tokeniser, plan.seed, out).tokeniser
    changes = fit_changes(pairs, plan.size, plan.changes, plan.seed, out)
    tokens = tokens_of(tokeniser, pairs)
    known = words_of(pairs, plan.seed)
    words = WordList(known, max(plan.prompt_words, plan.text_words))
    codes = (plan.tokeniser.codes, changes.tokens)
    layout = Layout(tokens.shape[1], plan.prompt_words, plan.text_words, *codes, len(words))

    def change(before: np.ndarray, after: np.ndarray) -> Tensor:
        return changes.encode(pairs.films(before), pairs.films(after))

    draw = batches(pairs, tokens, change, words, layout, plan.transformer, plan.seed)
    transformer = fit_transformer(draw, layout, plan.transformer, plan.seed, out, name)
    config = Config(
        plan.name, pairs.names, tokeniser.shape, changes.shape, layout, transformer.shape, known, pairs.free, SAMPLING
    )
    return ProgEmu(Nets(tokeniser, changes, transformer), config)


def tokens_of(tokeniser: FilmTokeniser, pairs: Pairs, batch: int = 256) -> Tensor:
    """Tokens (N, places) of all films of pairs."""
    rows = np.arange(pairs.count)
    return torch.cat([tokeniser.encode(pairs.films(rows[i : i + batch])) for i in range(0, len(rows), batch)])


def words_of(pairs: Pairs, seed: int) -> tuple[str, ...]:
    """The words of prompts and texts."""
    rng = np.random.default_rng((seed, LISTENED))
    drawn = (pairs.draw(i % len(pairs), rng) for i in range(max(LISTENED, len(pairs))))
    return vocabulary(text for pair in drawn for text in (pair.prompt, pair.text))


def _of_folder(plan: ProgEmuRecipe) -> tuple[Pairs, list[dict[str, Any]]]:
    assert plan.pairs is not None
    return read_icg(plan.pairs.folder, plan.size), []


def _of_phantoms(plan: ProgEmuRecipe, cohorts: Sequence[Path], out: Path) -> tuple[Pairs, list[dict[str, Any]]]:
    """The first world and seed of the cohorts' training rows, followed up."""
    if not cohorts:
        raise BadInput("This recipe learns from phantoms that are followed up; name their cohort with --cohorts.")
    cohort = open_cohorts(list(cohorts))
    if cohort.size != plan.size:
        raise BadInput(f"The cohorts were prepared at {cohort.size} px; recipe {plan.name} needs {plan.size} px.")
    rows = cohort.subset(split="train")
    made = list(phantoms(rows))
    if len(made) > 1:
        raise BadInput("Pairs are of phantoms of one world and seed; name one cohort that `causaray phantom` wrote.")
    return follow_up(made[0][1], plan.stays, out), trained_on(rows)

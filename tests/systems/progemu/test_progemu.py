"""System 13 against worlds whose truth is known: sequences, cache, guidance, prompts, pairs, registration, texts."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from causaray.cohorts.phantom import World, prepare_phantom
from causaray.devices import autocast
from causaray.editors.edit import EditRequest
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.evaluation.edits.by_editor import EditorCandidate, Settings
from causaray.evaluation.statistics.f1 import f1_of_sets
from causaray.findings import parse_prompt
from causaray.imagefiles import write_png
from causaray.nets.words import WordList, words_of
from causaray.reports.told_changes import known_changes, names, read_changes
from causaray.scan import Scan
from causaray.systems.progemu.change_tokeniser import STILL, ChangeTokeniser
from causaray.systems.progemu.codebook import Codebook
from causaray.systems.progemu.editor import ProgEmuEditor
from causaray.systems.progemu.experiment import TIMED, request_of, seconds_of
from causaray.systems.progemu.fit_tokeniser import fit_changes, fit_films
from causaray.systems.progemu.fit_transformer import batches, fit_transformer, losses_of
from causaray.systems.progemu.icg import read_icg
from causaray.systems.progemu.measured import Ladder, distances, nearest, template, text_figures
from causaray.systems.progemu.model import Config, Nets, ProgEmu
from causaray.systems.progemu.pairs import Pair
from causaray.systems.progemu.phantom_pairs import STATES, PhantomPairs, follow_up
from causaray.systems.progemu.progress_prompt import read_wishes, to_prompt, varied, wishes_of, wishes_of_changes
from causaray.systems.progemu.recipe import ChangesRun, ProgEmuRecipe, TokeniserRun, TransformerRun
from causaray.systems.progemu.registration import registered, warped
from causaray.systems.progemu.sampling import Guidance, Sampling, draw
from causaray.systems.progemu.sequence import IGNORED, Layout, numbers, shortened, written
from causaray.systems.progemu.text_overlap import bleu, meteor, rouge_l
from causaray.systems.progemu.tokeniser import FilmAutoencoder, FilmTokeniser, TokeniserShape
from causaray.systems.progemu.train import train
from causaray.systems.progemu.transformer import Cache, Transformer, TransformerShape
from causaray.systems.progemu.world import Measured

LAYOUT = Layout(film=16, prompt=6, text=7, codes=12, changes=9, words=20)


@pytest.fixture(scope="module")
def pairs() -> PhantomPairs:
    return follow_up(World(size=32, common=0.5, tail=0.5).sample(40, seed=7))


def random_net(layout: Layout = LAYOUT) -> Transformer:
    """A net that answers something: of the size that it begins with all would be near 0."""
    torch.manual_seed(0)
    net = Transformer(layout, TransformerShape(32, 2, 2)).eval()
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return net


def random_sequences(rows: int = 3, layout: Layout = LAYOUT) -> torch.Tensor:
    lots = torch.Generator().manual_seed(1)
    film = [torch.randint(n, (rows, layout.film), generator=lots) for n in (layout.codes, layout.changes)]
    prompt, text = (torch.randint(layout.words, (rows, n), generator=lots) for n in (layout.prompt, layout.text))
    return layout.join(film[0], prompt, film[1], text)


# ---- Sequence


def test_every_part_has_its_place_and_its_tokens() -> None:
    sequences = random_sequences()
    assert sequences.shape[1] == LAYOUT.length and (sequences[:, 0] == LAYOUT.begin).all()
    for place in range(1, LAYOUT.length):
        allowed = LAYOUT.allowed(place)
        assert ((sequences[:, place] >= allowed.start) & (sequences[:, place] < allowed.stop)).all()


def test_what_is_dropped_or_behind_an_end_is_not_learned() -> None:
    words = WordList(["it", "grew", "."], 7)
    film = torch.zeros(2, LAYOUT.film, dtype=torch.long)
    layout = Layout(16, 6, 7, 12, 9, len(words))
    whole = layout.join(film, numbers(words, ["it", ""], 6), film, numbers(words, ["it grew.", ""], 7))
    targets = layout.targets(layout.without(whole, torch.tensor([False, True]), torch.tensor([False, True])))
    text = layout.parts[3]
    learned = [(targets[:, part.start - 1 : part.stop - 1] != IGNORED).sum(1).tolist() for part in layout.parts]
    assert learned == [[16, 0], [2, 0], [16, 16], [4, 1]]  # words and one end
    alone = layout.targets(whole, "text")
    assert (alone[:, : text.start - 1] == IGNORED).all() and (alone != IGNORED).sum(1).tolist() == [4, 1]
    assert (layout.targets(whole, "film") != IGNORED).sum() == 2 * 16
    assert (layout.targets(whole, "answer") != IGNORED).sum() == 2 * 16 + 5


def test_texts_come_back_and_long_ones_lose_whole_sentences() -> None:
    words = WordList(["large", "left", "effusion", "is", "new", ".", "edema", "has", "resolved"], 12)
    text = "Large left effusion is new. Edema has resolved."
    assert written(words, numbers(words, [text], 12)[0].tolist()) == text
    assert written(words, numbers(words, [text], 11)[0].tolist()) == text, "ten words and an end"
    for places in (10, 7):
        short = numbers(words, [text], places)[0]
        assert torch.equal(short, numbers(words, ["Large left effusion is new."], places)[0]), "with its stop"


def test_long_prompts_lose_whole_wishes() -> None:
    prompt = "worse left effusion, resolved edema, new mass"
    assert [shortened(prompt, most) for most in (9, 8, 6, 5)] == [
        prompt, "worse left effusion, resolved edema", "worse left effusion, resolved edema", "worse left effusion",
    ]  # fmt: skip


# ---- Transformer and drawing


def test_the_cache_changes_nothing_and_nobody_looks_ahead() -> None:
    net, sequences = random_net(), random_sequences()
    whole = net(sequences[:, :-1])
    for prefix in (1, 20, LAYOUT.follow_up.start + 3):
        cache = Cache(net.shape, len(sequences), LAYOUT.length)
        parts = [net(sequences[:, :prefix], cache)]
        parts += [net(sequences[:, i : i + 1], cache) for i in range(prefix, LAYOUT.length - 1)]
        assert (torch.cat(parts, 1) - whole).abs().max() < 1e-4
    other = sequences.clone()
    other[:, 30] = LAYOUT.codes + (other[:, 30] + 1) % LAYOUT.changes
    difference = (net(other[:, :-1]) - whole).abs().amax((0, 2))
    assert (difference[:30] == 0).all() and (difference[30:] > 0).any()


def test_guidance_is_a_sum_of_three_views() -> None:
    assert Guidance().views() == [(1.0, False, False)]
    film, prompt = 1.4, 2.5
    views = {(no_film, no_prompt): weight for weight, no_film, no_prompt in Guidance(film, prompt).views()}
    of_prompt, of_film, both = 0.3, 1.7, -0.6  # any logits
    mixed = views[True, False] * of_prompt + views[False, True] * of_film + views[False, False] * both
    assert mixed == pytest.approx(both + (film - 1) * (both - of_prompt) + (prompt - 1) * (both - of_film))


def test_film_and_prompt_are_dropped_apart() -> None:
    words, film = WordList(["lit", "dark", "it", "is", "."], 6), torch.ones(1500, 4, dtype=torch.long)
    layout = Layout(4, 2, 6, 8, 5, len(words))
    plan = TransformerRun(steps=1, batch=2000, lr=1e-3, no_film=0.3, no_prompt=0.5)
    sequences = batches(Lamps(), film, lambda _, after: film[after], words, layout, plan, 0)(0)  # type: ignore[arg-type]
    no_film, no_prompt = ((sequences[:, part] == layout.nothing).all(1) for part in layout.parts[:2])
    assert no_film.float().mean() == pytest.approx(0.3, abs=0.04)
    assert no_prompt.float().mean() == pytest.approx(0.5, abs=0.04)
    assert no_prompt[no_film].float().mean() == pytest.approx(0.5, abs=0.08)


def test_guided_logits_are_those_of_the_formula() -> None:
    """The first token drawn is the likeliest under the mixed logits of whole passes."""
    net, layout = random_net(), LAYOUT
    sequences = random_sequences(40)
    begun = sequences[:, : layout.follow_up.start]
    prior, prompt = begun[:, layout.parts[0]], begun[:, layout.parts[1]] - layout.first_word
    scale = 4.0
    told, untold = net(begun)[:, -1], net(layout.without(begun, False, True))[:, -1]
    changes = slice(layout.codes, layout.first_word)
    wanted = (untold + scale * (told - untold))[:, changes].argmax(1)
    tokens, _ = draw(net, prior, prompt, Sampling(Guidance(1.0, scale)), [0] * 40)
    assert (tokens[:, 0] == wanted).all()
    assert (wanted != told[:, changes].argmax(1)).any()


def test_only_what_may_stand_there_is_drawn_and_a_row_knows_its_seed_alone() -> None:
    net, how = random_net(), Sampling(Guidance(1.2, 2.0), temperature=1.0)
    sequences = random_sequences(4)
    prior, prompt = sequences[:, LAYOUT.parts[0]], sequences[:, LAYOUT.parts[1]] - LAYOUT.first_word
    tokens, words = draw(net, prior, prompt, how, [5, 6, 7, 8])
    assert tokens.shape == (4, 16) and (tokens < LAYOUT.changes).all() and (tokens >= 0).all()
    assert words.shape == (4, 7) and (words < LAYOUT.words).all() and (words >= 0).all()
    ended = (words == 0).cumsum(1) > 0
    assert (words[ended] == 0).all()
    alone = draw(net, prior[2:3], prompt[2:3], how, [7])
    assert (alone[0] == tokens[2:3]).all() and (alone[1] == words[2:3]).all()
    assert (draw(net, prior, prompt, how, [9, 10, 11, 12])[0] != tokens).any()
    likeliest = draw(net, prior, prompt, Sampling(how.guidance), [0] * 4)[0]
    assert (draw(net, prior, prompt, Sampling(how.guidance, 1.0, top=1), [5] * 4)[0] == likeliest).all()


class Lamps:
    """Films of four lamps: "lit" and "dark" change the third, and the text says so; nothing else changes."""

    free, names, count = True, ("Edema",), 0

    def __len__(self) -> int:
        return 500

    def draw(self, i: int, rng: np.random.Generator) -> Pair:
        prompt = ("lit", "dark")[rng.integers(2)]
        return Pair(i, i + 500 * (1 + ("lit", "dark").index(prompt)), prompt, f"it is {prompt}.")


def test_it_learns_to_keep_to_follow_and_to_tell(tmp_path: Path) -> None:
    films = torch.randint(1, 7, (500, 4), generator=torch.Generator().manual_seed(0))
    words = WordList(["it", "is", "lit", "dark", "."], 6)
    layout = Layout(4, 2, 6, 8, 5, len(words))

    def changes(films: torch.Tensor, dark: torch.Tensor) -> torch.Tensor:
        """What a change looks like depends on the third lamp as it was: 1 or 2 where it is lit, else 3 or 4."""
        told = torch.zeros_like(films)
        told[:, 2] = 1 + films[:, 2] % 2 + 2 * dark
        return told

    def change(before: np.ndarray, after: np.ndarray) -> torch.Tensor:
        return changes(films[before], torch.from_numpy(after // 500 - 1))

    plan = TransformerRun(steps=200, batch=16, lr=4e-3, dim=32, layers=2, heads=2, spread=0.2)
    tokens = films.repeat(3, 1)
    sequences = batches(Lamps(), tokens, change, words, layout, plan, 0)  # type: ignore[arg-type]
    net = fit_transformer(sequences, layout, plan, 0, tmp_path)
    new = torch.randint(1, 7, (60, 4), generator=torch.Generator().manual_seed(1))
    asked = ["lit", "dark"] * 30
    tokens, told = draw(net, new, numbers(words, asked, 2), Sampling(), [0] * 60)
    wanted = changes(new, torch.arange(60) % 2)
    assert (tokens == wanted)[:, 2].float().mean() > 0.9 and (tokens == wanted)[:, [0, 1, 3]].all()
    texts = [written(words, row) for row in told.tolist()]
    right = [text == f"It is {prompt}." for text, prompt in zip(texts, asked, strict=True)]
    assert np.mean(right) > 0.9
    # Of two films alone, the prompt being dropped, the text tells what the films show.
    silent = torch.full((20, 2), layout.nothing - layout.first_word)
    _, told = draw(net, new[:20], silent, Sampling(), [0] * 20, wanted[:20])
    shown = [written(words, row) == f"It is {prompt}." for row, prompt in zip(told.tolist(), asked, strict=False)]
    assert np.mean(shown) > 0.8


def test_losses_are_means_over_what_is_learned() -> None:
    sequences = LAYOUT.without(random_sequences(), prompt=torch.tensor([True, False, False]))
    sequences[0, -3:] = LAYOUT.first_word  # the end of its text, and what is behind it
    targets = LAYOUT.targets(sequences)
    logits = torch.randn(*targets.shape, LAYOUT.tokens, generator=torch.Generator().manual_seed(0))
    missed = -logits.log_softmax(2).gather(2, targets.clamp(min=0)[..., None])[..., 0]
    learned, (_, _, film, text) = targets != IGNORED, LAYOUT.parts
    wanted = {"loss": missed[learned].mean()}
    for name, part in (("film", slice(film.start - 1, film.stop - 1)), ("text", slice(text.start - 1, text.stop - 1))):
        wanted[name] = missed[:, part][learned[:, part]].mean()
    found = losses_of(LAYOUT, logits, targets)
    assert found.keys() == wanted.keys() and not learned.all()
    assert all(float(found[name]) == pytest.approx(float(one), rel=1e-5) for name, one in wanted.items())


# ---- Tokeniser


def test_a_film_is_the_codes_nearest_to_it_and_idle_codes_are_set_anew() -> None:
    torch.manual_seed(0)
    autoencoder = FilmAutoencoder(TokeniserShape(32, 16, 24))
    net, films = autoencoder.tokeniser, torch.rand(6, 1, 32, 32)
    tokens = net.encode(films)
    assert tokens.shape == (6, 16) and autoencoder.decode(tokens).shape == films.shape
    far = (net.features(films)[:, :, None] - net.book.codes).square().sum(-1)
    assert (far.argmin(-1) == tokens).all()
    used = torch.zeros(24, dtype=torch.bool)
    used[tokens.flatten()] = True
    assert not used.all()
    kept = net.book.codes[used].clone()
    net.book.restart(used, net.features(films).flatten(0, 1))
    assert torch.equal(net.book.codes[used], kept)
    assert (net.features(films) @ net.book.codes[~used].T).amax((0, 1)).min() > 0.99
    kept = net.book.codes.clone()
    net.book.restart(used, torch.zeros(0, 8))
    assert torch.equal(net.book.codes, kept), "without a feature to be set to codes stay"


def test_the_nearest_code_is_the_same_in_half_precision() -> None:
    torch.manual_seed(0)
    book, features = Codebook(256, 8), torch.nn.functional.normalize(torch.randn(500, 8), dim=-1)
    with autocast(features.device, True):
        halved = book.nearest(features)
    assert torch.equal(halved, book.nearest(features))


def test_a_training_that_was_stopped_goes_on_as_if_it_was_not(
    pairs: PhantomPairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The codes that were used before the stop are not set anew after it."""
    monkeypatch.setattr("causaray.systems.progemu.fit_tokeniser.LOOKED", 4)
    plan = TokeniserRun(steps=10, batch=6, lr=1e-3, width=16, codes=64)
    whole = fit_films(pairs, 32, plan, 0, tmp_path / "whole")

    class Stopped:
        count, seen = pairs.count, 0

        def films(self, rows: np.ndarray) -> torch.Tensor:
            self.seen += 1
            if self.seen == 4:
                raise KeyboardInterrupt
            return pairs.films(rows)

    with pytest.raises(KeyboardInterrupt):
        fit_films(Stopped(), 32, plan, 0, tmp_path / "parts")  # type: ignore[arg-type]
    parts = fit_films(pairs, 32, plan, 0, tmp_path / "parts")
    assert all(torch.equal(one, parts.state_dict()[name]) for name, one in whole.state_dict().items())


def test_pairs_in_which_nothing_moves_end_no_training(
    pairs: PhantomPairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("causaray.systems.progemu.fit_tokeniser.LOOKED", 1)
    still = PhantomPairs(pairs.pixels, pairs.findings, pairs.days, pairs.phantoms, still=1.0)
    plan = ChangesRun(steps=3, batch=6, lr=1e-3, width=16, codes=16, drawing_steps=1)
    net, films = fit_changes(still, 32, plan, 0, tmp_path), Measured(pairs).prior
    assert torch.equal(net.decode(films, net.encode(films, films)), films)


def test_the_gradient_of_a_film_passes_its_code() -> None:
    torch.manual_seed(0)
    net = FilmAutoencoder(TokeniserShape(32, 16, 24))
    losses, _, _ = net.losses(torch.rand(4, 1, 32, 32))
    losses["film"].backward()
    assert net.tokeniser.encoder[1].weight.grad.abs().sum() > 0  # type: ignore[union-attr]
    assert net.book.vectors.grad is None or net.book.vectors.grad.abs().sum() == 0


def test_where_nothing_changes_no_token_tells_a_change_and_no_pixel_moves() -> None:
    torch.manual_seed(0)
    net = ChangeTokeniser(TokeniserShape(32, 16, 24)).eval()
    prior = torch.rand(5, 1, 32, 32)
    later = prior.clone()
    later[:, :, 8:16, 16:24] += 0.3  # the place of row 1, column 2
    torch.nn.init.normal_(net.fine[-1].weight)  # type: ignore[arg-type]  # else no token changes anything
    tokens = net.encode(prior, later)
    assert (tokens[:, 6] != STILL).all() and (tokens[:, [0, 4, 8, 12, 13, 14, 15]] == STILL).all()
    assert (net.encode(prior, prior) == STILL).all()
    drawn = net.decode(prior, tokens)
    assert (drawn[:, :, 8:16, 16:24] != prior[:, :, 8:16, 16:24]).any()
    assert torch.equal(drawn[:, :, :, :4], prior[:, :, :, :4]) and torch.equal(drawn[:, :, 28:], prior[:, :, 28:])
    assert torch.equal(net.decode(prior, torch.full((5, 16), STILL)), prior)


def test_changes_are_learned_better_than_no_change_and_than_another_one(pairs: PhantomPairs, tmp_path: Path) -> None:
    plan = ChangesRun(steps=120, batch=16, lr=4e-3, width=16, codes=16, drawing_steps=2)
    net, measured = fit_changes(pairs, 32, plan, 0, tmp_path), Measured(pairs)
    tokens, rows = net.encode(measured.prior, measured.truth), torch.from_numpy(measured.changed)
    before = fit_changes(pairs, 32, plan.model_copy(update={"drawing_steps": 0}), 0, tmp_path)
    for part in ("encoder", "spread", "book", "fine"):
        first, last = (getattr(one, part).state_dict() for one in (before, net))
        same = all(torch.equal(one, last[name]) for name, one in first.items())
        assert same == (part != "fine"), f"{part}: what draws goes on learning, what tokens come of does not"
    assert not torch.equal(before.still, net.still)

    def far(films: torch.Tensor) -> float:
        return float((films - measured.truth)[rows].abs().mean())

    assert far(net.decode(measured.prior, tokens)) < 0.95 * far(measured.prior)
    assert far(net.decode(measured.prior, tokens.roll(1, 0))) > far(measured.prior)


# ---- Prompts


def test_prompts_are_read_as_wishes_and_told_in_learned_words() -> None:
    told = to_prompt(read_wishes("Left effusion larger, edema resolved and no pneumothorax; new mild cardiomegaly."))
    assert told == "worse left pleural effusion, resolved edema, resolved pneumothorax, new mild cardiomegaly"
    assert to_prompt(read_wishes("moderate edema, effusion unchanged")) == "moderate edema"
    assert to_prompt(wishes_of(parse_prompt("severe edema, no effusion"))) == "severe edema, resolved pleural effusion"


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("", "changes nothing"),
        ("no change", "changes nothing"),
        ("effusion stable", "changes nothing"),
        ("effusion florbs", "florbs"),
        ("larger", "names no finding"),
        ("effusion larger smaller", "better and worse"),
        ("possible edema", "leaves open"),
    ],
)
def test_prompts_that_cannot_be_followed_are_refused(prompt: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_wishes(prompt)


def test_users_leave_things_unsaid(pairs: PhantomPairs) -> None:
    wishes = read_wishes("worse severe left effusion, resolved left upper zone consolidation, new mild edema")
    seen = {to_prompt(varied(wishes, np.random.default_rng(i))) for i in range(200)}
    assert len(seen) > 50
    assert all("resolved" in prompt and prompt.count(",") == 2 for prompt in seen)
    assert any(prompt.startswith("edema") for prompt in seen)


# ---- Pairs


def test_pairs_of_phantoms_are_one_patient_and_tell_the_truth(pairs: PhantomPairs) -> None:
    rng = np.random.default_rng(0)
    for i in range(len(pairs)):
        pair = pairs.draw(i, rng)
        assert pair.prior // STATES == pair.follow_up // STATES == i and pair.prior != pair.follow_up
        known = known_changes(pairs.changes(i, pair.prior % STATES, pair.follow_up % STATES))
        assert read_changes(pair.text) == known
        if not known and "new" not in pair.prompt:  # but for one that moved
            assert pair.prompt == ""
    assert {pairs.tested(i).prior % STATES for i in range(len(pairs))} == {0}
    still = PhantomPairs(pairs.pixels, pairs.findings, pairs.days, pairs.phantoms, still=1.0)
    assert all((one := still.draw(i, rng)).prior == one.follow_up and one.prompt == "" for i in range(10))


def test_films_of_one_patient_are_nearer_than_those_of_two(pairs: PhantomPairs) -> None:
    measured = Measured(pairs)
    own = (measured.prior - measured.truth).abs().mean((1, 2, 3))
    other = (measured.prior - measured.truth.roll(1, 0)).abs().mean((1, 2, 3))
    assert (own < other).float().mean() > 0.95


def icg_pair(folder: Path, name: str, shift: int = 0, **told: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    film = World(size=64).sample(1, seed=3).images[0, 0].numpy()
    write_png(Scan(film), folder / f"{name}-ref-reg.png")
    write_png(Scan(np.roll(film, shift, 1)), folder / f"{name}-flu-reg.png")
    words = {"progression-description": "No new opacity. Effusion grows.", "changes-of-findings": "Larger effusion."}
    (folder / f"{name}.json").write_text(json.dumps(words | told))


def test_icg_is_read_as_its_readme_says(tmp_path: Path) -> None:
    icg_pair(tmp_path / "p1" / "a", "i01s0001-i04s0002")
    found = read_icg(tmp_path, 32)
    assert len(found) == 1 and found.count == 2 and found.names == ("Lung Opacity", "Pleural Effusion")
    prompts = {found.draw(0, np.random.default_rng(i)).prompt for i in range(200)}
    assert prompts == {"No new opacity. Effusion grows.", "Effusion grows. No new opacity.", "Effusion grows."}


@pytest.mark.parametrize(
    ("name", "told", "said"),
    [
        ("i04s0002-i01s0001", {}, "older than its prior"),
        ("i01s0001-i04s0002", {"interval": -3}, "older than its prior"),
        ("i01s0001-i04s0002", {"changes-of-findings": " "}, "does not tell changes-of-findings"),
        ("i01s1-i04s2", {"reference-subject-id": "p1", "followup-subject-id": "p2"}, "of two patients, p1 and p2"),
    ],
)
def test_what_is_no_pair_is_refused(tmp_path: Path, name: str, told: dict[str, object], said: str) -> None:
    icg_pair(tmp_path, name, **told)
    with pytest.raises(BadInput, match=said):
        read_icg(tmp_path, 32)


def test_a_folder_without_pairs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no pair"):
        read_icg(tmp_path, 32)


def test_a_moved_film_is_laid_back(pairs: PhantomPairs) -> None:
    film = Measured(pairs).prior[0]
    turn = torch.tensor([[[1.03, 0.05, 0.10], [-0.05, 1.03, -0.08]]])
    moved = warped(film[None], turn)[0]
    found = registered(moved, film)
    assert found.alike and found.after > found.before + 0.1
    inside = (slice(None), slice(6, -6), slice(6, -6))
    assert (found.film - film)[inside].abs().mean() < 0.4 * (moved - film)[inside].abs().mean()
    untouched = registered(film, film)
    assert torch.equal(untouched.film, film) and untouched.before > 0.99
    noise = torch.rand(film.shape, generator=torch.Generator().manual_seed(0))
    assert not registered(noise, film).alike


# ---- Texts


def test_overlap_by_hand() -> None:
    assert bleu(["a b c d"], ["a b c d"]) == pytest.approx(1)
    # 3 of 4 words, 2 of 3 pairs, 1 of 2 triples; as long as the reference
    assert bleu(["a b c e"], ["a b c d"]) == pytest.approx((3 / 4 * 2 / 3 * 1 / 2) ** (1 / 3))
    assert bleu(["a b c"], ["a b c d"]) == pytest.approx(np.exp(1 - 4 / 3))
    assert bleu(["x"], ["a b"]) == 0
    assert rouge_l("a c d", "a b c d e") == pytest.approx(2 * 3 / 8)
    # Banerjee and Lavie: precision 1, recall 3/4, one chunk of three words
    assert meteor("a b c", "a b c d") == pytest.approx(10 * 0.75 / (0.75 + 9) * (1 - 0.5 / 27))
    assert meteor("c a", "a b c") == pytest.approx(10 * (2 / 3) / (2 / 3 + 9) * 0.5)
    assert meteor("x", "a") == 0


def test_overlap_as_the_libraries_have_it() -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rougeL"])
    one, other = "new large left effusion", "large effusion on the left is new"
    assert rouge_l(one, other) == pytest.approx(scorer.score(other, one)["rougeL"].fmeasure)


def test_true_texts_are_right_and_those_of_others_are_not(pairs: PhantomPairs) -> None:
    measured, rows = Measured(pairs), np.arange(len(pairs))
    right = text_figures(measured.texts, measured, rows)
    wrong = text_figures(np.roll(measured.texts, 1).tolist(), measured, rows)
    ruled = text_figures([template(changes) for changes in measured.changes], measured, rows)
    assert right["changes"]["value"] > 0.97 and ruled["changes"]["value"] > 0.97
    assert wrong["changes"]["value"] < 0.4 and wrong["findings"]["value"] < 0.6
    assert right["bleu3"] == pytest.approx(1) and ruled["bleu3"] < 0.9
    assert nearest(measured.prompts, measured.told) == [
        next(p.text for p in measured.told if sorted(p.prompt.split()) == sorted(q.split())) for q in measured.prompts
    ]
    assert names(frozenset({("Edema", "new"), ("Edema", "worse")})) == {"Edema"}
    both = [frozenset({"a", "b"}), frozenset({"c"})]
    assert f1_of_sets(both, [frozenset({"a"}), frozenset({"d"})], np.array([0, 1]))["value"] == pytest.approx(2 / 5)


# ---- The ladder


class Bright:
    """A judge whose probability of edema is the mean grey."""

    names = ("Edema",)

    def predict(self, films: torch.Tensor) -> torch.Tensor:
        return films.mean((1, 2, 3))[:, None]


def test_the_ladder_ends_at_the_truth_and_begins_at_the_copy(pairs: PhantomPairs) -> None:
    measured, rows = Measured(pairs), np.arange(len(pairs))
    ladder = Ladder(measured, Bright())  # type: ignore[arg-type]
    half = (measured.prior + measured.truth) / 2
    for films, share in ((measured.prior, 0.0), (half, 0.5), (measured.truth, 1.0)):
        assert ladder.figures(films, rows)["closed"]["value"] == pytest.approx(share, abs=1e-3)
        far = distances(measured, films, rows)
        assert far["changed"]["value"] == pytest.approx(1 - share, abs=1e-3)
    assert distances(measured, measured.prior, rows)["bit for bit"]["value"] == 1
    change = (measured.truth - measured.prior).mean((1, 2, 3))
    told = [frozenset({("Edema", "worse" if one > 0 else "better")}) for one in change]
    assert ladder.agreement(told, measured.truth, rows)["value"] == 1
    assert ladder.agreement(told, measured.prior + (measured.prior - measured.truth) * 0.1, rows)["value"] == 0


def test_the_rival_is_asked_for_what_the_model_is(pairs: PhantomPairs) -> None:
    measured = Measured(pairs)
    for i, changes in enumerate(measured.changes):
        asked = request_of(measured, i)
        assert {wish.finding.name for wish in wishes_of_changes(changes)} == {one.name for one in asked}


# ---- Model and editor


@pytest.fixture()
def model(pairs: PhantomPairs) -> ProgEmu:
    shape, words = TokeniserShape(32, 16, 24), ("edema", "resolved", "worse", "new", "is", ".", ",")
    layout = Layout(16, 8, 6, 24, 25, len(words) + 2)
    torch.manual_seed(0)
    nets = Nets(FilmTokeniser(shape), ChangeTokeniser(shape), random_net(layout))
    torch.nn.init.normal_(nets.changes.fine[-1].weight)  # type: ignore[arg-type]
    config = Config("tiny", ("Edema", "Pneumonia"), shape, shape, layout, TransformerShape(32, 2, 2), words)
    return ProgEmu(nets, config)


def test_weights_come_back(model: ProgEmu, pairs: PhantomPairs, tmp_path: Path) -> None:
    model.save(tmp_path / "tiny", about="a test")
    again = ProgEmu.load(tmp_path / "tiny")
    films, later = Measured(pairs).prior[:4], Measured(pairs).truth[:4]
    assert again.config == model.config
    made = [one.follow_up(films, ["worse edema"] * 4, [0] * 4) for one in (model, again)]
    assert (made[0].tokens == made[1].tokens).float().mean() > 0.9  # stored in 16 bit
    told = [one.nets.changes.encode(films, later) for one in (model, again)]
    assert (told[0] == told[1]).float().mean() > 0.9 and (told[0] != STILL).any()
    assert model.describe(films, later) == again.describe(films, later)
    assert (made[0].films - made[1].films).abs().mean() < 0.01 < (made[0].films - films).abs().mean()


def test_the_time_is_that_of_all_tokens(model: ProgEmu, monkeypatch: pytest.MonkeyPatch) -> None:
    """No text ends early, and films are drawn with the guidance of the model."""
    seen: list[torch.Size] = []

    class Counting(Transformer):
        def forward(self, tokens: torch.Tensor, cache: Cache | None = None) -> torch.Tensor:
            seen.append(tokens.shape)
            return super().forward(tokens, cache)

    monkeypatch.setattr("causaray.systems.progemu.experiment.Transformer", Counting)
    model.config = replace(model.config, sampling=Sampling(Guidance(prompt=1.5), 1.0))
    assert seconds_of(model) > 0
    assert len(seen) == 3 * TIMED and [shape[0] for shape in seen[:TIMED]] == [2] * 257 + [1] * (TIMED - 257)


def test_the_editor_keeps_its_word(model: ProgEmu, pairs: PhantomPairs) -> None:
    editor, films = ProgEmuEditor(model), Measured(pairs).prior[:3]
    request = parse_prompt("severe edema")
    assert torch.equal(editor.edit(films, EditRequest(request, strength=0)).counterfactual, films)
    texts = [note["written"] for note in editor.edit(films, EditRequest(request)).notes]
    asked = to_prompt(wishes_of(request))
    assert texts == model.follow_up(films, [asked] * 3, [0] * 3, model.guided(None)).texts
    assert EditorCandidate(editor, [], Settings()).written(films, request) == texts
    mask = torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    mask[..., :16] = True
    made = editor.edit(films, EditRequest(request, strength=1.0, mask=mask)).counterfactual
    assert torch.equal(made[..., 16:], films[..., 16:]) and (made != films).any()
    with pytest.raises(BadInput, match="not trained on Hernia"):
        editor.edit(films, EditRequest(parse_prompt("hernia")))
    with pytest.raises(BadInput, match="takes no steps"):
        editor.edit(films, EditRequest(request, steps=3))
    with pytest.raises(BadInput, match="reads 7 words and stops"):
        editor.edit(films, EditRequest(parse_prompt("severe left upper lobe pneumonia, severe edema")))


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("worse effusion", "never saw Pleural Effusion; it knows Edema"),
        ("new pneumonia", 'never saw the word "pneumonia"'),
        ("no change", "changes nothing"),
        ("new edema, worse edema, edema resolved", 'reads 7 words and stops, and "new edema, .*" has 8'),
    ],
)
def test_prompts_that_the_model_cannot_read_are_refused(model: ProgEmu, prompt: str, said: str) -> None:
    assert model.prompt("edema larger") == "worse edema"
    with pytest.raises(BadInput, match=said):
        model.prompt(prompt)


# ---- Training


TINY = """
name: tiny
method: progemu
size: 32
tokeniser: {steps: 2, batch: 6, lr: 1.0e-3, width: 16, codes: 16}
changes: {steps: 2, batch: 6, lr: 1.0e-3, width: 16, codes: 16}
transformer: {steps: 2, batch: 6, lr: 1.0e-3, dim: 32, layers: 1, heads: 2}
"""


def test_a_recipe_is_trained_on_pairs_of_a_folder(tmp_path: Path) -> None:
    for i in range(2):
        icg_pair(tmp_path / "icg" / str(i), "i01s0001-i04s0002")  # two of one film: nothing changes
    (tmp_path / "tiny.yaml").write_text(TINY + f"pairs: {{folder: {tmp_path / 'icg'}}}\n")
    made = ProgEmu.load(train(tmp_path / "tiny.yaml", [], tmp_path / "out"))
    assert made.prompt("Effusion grows.") == "Effusion grows."
    with pytest.raises(BadInput, match='never saw the word "shrinks"'):
        made.prompt("effusion shrinks")
    with pytest.raises(BadInput, match="An empty prompt changes nothing"):
        made.prompt(" ")
    with pytest.raises(BadInput, match="reads 31 words and stops"):
        made.prompt("Effusion grows. " * 11)
    (tmp_path / "tiny.yaml").write_text(TINY + f"still: 0.1\npairs: {{folder: {tmp_path / 'icg'}}}\n")
    with pytest.raises(BadInput, match="still is of phantoms"):
        train(tmp_path / "tiny.yaml", [], tmp_path / "other")


def test_prompts_of_phantoms_are_told_whole(pairs: PhantomPairs) -> None:
    rng, most = np.random.default_rng(0), ProgEmuRecipe.model_fields["prompt_words"].default - 1
    prompts = [
        one.prompt for i in range(len(pairs)) for one in (pairs.tested(i), *(pairs.draw(i, rng) for _ in range(9)))
    ]
    assert max(len(words_of(prompt)) for prompt in prompts) > 20
    assert [shortened(prompt, most) for prompt in prompts] == prompts


def test_a_recipe_is_trained_on_phantoms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("causaray.systems.progemu.train.LISTENED", 200)
    prepare_phantom(tmp_path / "cohort", 24, size=32, common=0.6)
    (tmp_path / "tiny.yaml").write_text(TINY)
    made = ProgEmu.load(train(tmp_path / "tiny.yaml", [tmp_path / "cohort"], tmp_path / "out"))
    assert made.config.names[0] == "Pleural Effusion" and made.prompt("effusion larger") == "worse pleural effusion"
    assert EditorSpec.of(tmp_path / "out" / "tiny").open("cpu").method == "progemu"
    with pytest.raises(BadInput, match="name their cohort with --cohorts"):
        train(tmp_path / "tiny.yaml", [], tmp_path / "other")
    (tmp_path / "tiny.yaml").write_text(TINY.replace("size: 32", "size: 64"))
    with pytest.raises(BadInput, match="were prepared at 32 px; recipe tiny needs 64 px"):
        train(tmp_path / "tiny.yaml", [tmp_path / "cohort"], tmp_path / "other")

"""`causaray reproduce progemu`: follow-ups of phantoms as films and texts, beside copies, rivals and controls.

What is chosen is chosen on split val; split test is measured once.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.classifiers.judge import Judge
from causaray.editors.edit import EditRequest
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.evaluation.images.distances import l1
from causaray.evaluation.statistics.shuffling import shuffled
from causaray.experiments.options import ExperimentOptions
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.reports.told_changes import known_changes, read_changes
from causaray.systems.progemu.fit_tokeniser import fit_films
from causaray.systems.progemu.measured import (
    Ladder,
    commonest,
    distances,
    nearest,
    template,
    text_figures,
)  # fmt: skip
from causaray.systems.progemu.model import FollowUps, ProgEmu
from causaray.systems.progemu.page import write_page
from causaray.systems.progemu.phantom_pairs import STATES, PhantomPairs
from causaray.systems.progemu.progress_prompt import to_prompt, wishes_of_changes
from causaray.systems.progemu.recipe import ProgEmuRecipe
from causaray.systems.progemu.sampling import Guidance, Sampling, draw
from causaray.systems.progemu.sequence import END
from causaray.systems.progemu.train import trained
from causaray.systems.progemu.transformer import Cache, Transformer
from causaray.systems.progemu.world import TEST, TRAINED_ON, VAL, Measured, phantom_pairs
from causaray.training.recipe import claim, load_plan

RECIPE, JUDGE, RIVAL = "progemu-phantom-64", "judge-phantom-64", "phantom-64"
GUIDANCES, TEMPERATURES = (1.0, 1.5, 2.5), (0.0, 0.5, 1.0)
NEAR = 0.8
"""Of the copied prior's distance to the true follow-up, as asked for."""
LEAST = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4)
"""Changes of the judge's probability of which one counts as a change; chosen on split val."""
RIVALLED = 60
"""Test patients that the rival edits, one by one."""
BATCH = 125
SHOWN = 6
"""Patients in the picture."""
TIMED = 320
"""Tokens of which the time is told."""


def run(options: ExperimentOptions) -> dict[str, Any]:
    """Train by the recipe on phantoms and measure; `--method film` or `text` trains a model of that part alone, too.

    Raises BadInput for another method.
    """
    strange = [method for method in options.methods if method not in ("film", "text")]
    if strange:
        raise BadInput(f"progemu has no method {strange[0]}; a model may learn film or text alone.")
    plan = load_plan(options.recipe or RECIPE, ProgEmuRecipe)
    n = options.limit or TRAINED_ON
    work = options.work / f"progemu-{n}"
    splits = {"train": n, "val": VAL, "test": TEST}
    options.tell("phantoms")
    pairs = {split: phantom_pairs(split, size, plan.size, work, plan.stays)
             for split, size in splits.items()}  # fmt: skip
    judge = Judge.load(JUDGE)
    seeds: list[dict[str, Any]] = []
    strips: list[tuple[str, np.ndarray]] = []
    for seed in range(options.seeds):
        own = plan.model_copy(update={"seed": seed})
        found, strip = _of_seed(own, pairs, judge, work / str(seed), options)
        seeds.append(found)
        strips = strips or strip
    about = {
        "command": options.command, "recipe": plan.name, "patients (train, val, test)": f"{n}, {VAL}, {TEST}",
        "films of a patient": STATES, "updates (tokenisers of films and of changes, transformer)": ", ".join(
            f"{part.steps} of {part.batch}" for part in (plan.tokeniser, plan.changes, plan.transformer)),
        "judge": JUDGE, "seeds": options.seeds,
    }  # fmt: skip
    write_page(options.out, about, seeds, strips)
    return {"seeds": seeds}


def _of_seed(
    plan: ProgEmuRecipe, pairs: dict[str, PhantomPairs], judge: Judge, work: Path, options: ExperimentOptions
) -> tuple[dict[str, Any], list[tuple[str, np.ndarray]]]:
    """All figures of one training, and strips of films."""
    claim(work, plan)
    options.tell(f"seed {plan.seed}: training")
    model = trained(plan, pairs["train"], work)
    others = {}
    for part in options.methods:
        options.tell(f"seed {plan.seed}: a model of the {part} alone")
        alone = plan.model_copy(update={"transformer": plan.transformer.model_copy(update={"learns": part})})
        others[part] = trained(alone, pairs["train"], work, f"transformer-{part}")
    val, test = Measured(pairs["val"]), Measured(pairs["test"])
    options.tell(f"seed {plan.seed}: chosen on split val")
    ladder = Ladder(val, judge)
    how, tried = chosen(model, val, ladder)
    least = _least(ladder, val)
    model.config = replace(model.config, sampling=how)
    model.save(work / plan.name)
    options.tell(f"seed {plan.seed}: split test")
    ladder, rows = Ladder(test, judge), np.arange(len(test.told))
    made = drawn(model, test, test.prompts, how)
    autoencoder = fit_films(pairs["train"], plan.size, plan.tokeniser, plan.seed, work)  # as it was trained above
    redrawn = autoencoder.decode(model.nets.tokeniser.encode(test.truth))
    films, rival = _films(model, test, made, redrawn, how, others, rows)
    seen = {name: ladder.figures(one, at) | distances(test, one, at) for name, (one, at) in films.items()}
    found = {
        "sampling": {"guidance": how.guidance.prompt, "temperature": how.temperature, "tried": tried},
        "films": seen,
        "texts": _texts(model, test, made, pairs["train"], others, rows),
        "agreement": _agreement(model, test, made, ladder, rival, rows, least),
        "least": least,
        "cache": cache_error(model),
        "seconds": {"tokens": TIMED, "seconds": seconds_of(model), "threads": torch.get_num_threads()},
    }
    return found, _strips(model, test, made)


def drawn(model: ProgEmu, measured: Measured, prompts: Sequence[str], how: Sampling) -> FollowUps:
    """The follow-ups of all pairs under prompts, a few at a time; seeds are row numbers."""
    parts = []
    for start in range(0, len(prompts), BATCH):
        some = slice(start, start + BATCH)
        films = measured.prior[some]
        parts.append(model.follow_up(films, prompts[some], range(start, start + len(films)), how))
    made, tokens, texts = zip(*parts, strict=True)
    return FollowUps(torch.cat(made), torch.cat(tokens), list(chain(*texts)))


def chosen(model: ProgEmu, val: Measured, ladder: Ladder) -> tuple[Sampling, list[dict[str, float]]]:
    """Guidance by the prompt and temperature, and what each that was tried gives on split val.

    Of those whose films are at most NEAR of the copy's distance from the true follow-ups, where a change was asked for,
    the one that closes most of the judge's change; the nearest where none is so near.
    """
    rows = torch.from_numpy(val.changed)
    copied = float(l1(val.prior[rows], val.truth[rows]).mean())
    tried = []
    for how in (Sampling(Guidance(prompt=scale), one) for scale in GUIDANCES for one in TEMPERATURES):
        films = drawn(model, val, val.prompts, how).films
        tried.append((how, {
            "guidance": how.guidance.prompt, "temperature": how.temperature,
            "distance": float(l1(films[rows], val.truth[rows]).mean() / copied),
            "closed": ladder.figures(films, np.arange(len(films)))["closed"]["value"],
        }))  # fmt: skip

    def rank(one: tuple[Sampling, dict[str, float]]) -> tuple[bool, float]:
        found = one[1]
        return (True, -found["distance"]) if found["distance"] > NEAR else (False, found["closed"])

    best = max(tried, key=lambda one: (not rank(one)[0], rank(one)[1]))
    return best[0], [found for _, found in tried]


def _least(ladder: Ladder, val: Measured) -> float:
    """The change of the judge's probability that tells best what changed between true films of split val."""
    known, rows = [known_changes(one) for one in val.changes], np.arange(len(val.told))
    return max(LEAST, key=lambda least: ladder.against_judge(known, val.truth, rows, least)["value"])


def _dealt(test: Measured) -> np.ndarray:
    """For each pair another's number."""
    return shuffled(np.arange(len(test.told)), test.patients, seed=1)


def _films(
    model: ProgEmu, test: Measured, made: FollowUps, redrawn: Tensor, how: Sampling,
    others: dict[str, ProgEmu], rows: np.ndarray,
) -> tuple[dict[str, tuple[Tensor, np.ndarray]], tuple[Tensor, np.ndarray]]:  # fmt: skip
    """All films that are measured, each with its rows; and those of the rival. redrawn: of true tokens of films."""
    changes = model.nets.changes
    other = [test.prompts[i] for i in _dealt(test)]
    some = rows[:RIVALLED]
    rival = rivalled(test, some)
    found = {
        "copy of the prior": (test.prior, rows),
        "ProgEmu": (made.films, rows),
        "ProgEmu under another patient's request": (drawn(model, test, other, how).films, rows),
        "true tokens": (changes.decode(test.prior, changes.encode(test.prior, test.truth)), rows),
        "true tokens of the film, as the paper has them": (redrawn, rows),
        f"system 1 ({RIVAL}), first {len(some)}": (rival, some),
        f"ProgEmu, first {len(some)}": (made.films[some], some),
        "true follow-up": (test.truth, rows),
    }
    if "film" in others:
        found["ProgEmu that learns films alone"] = (drawn(others["film"], test, test.prompts, how).films, rows)
    return found, (rival, some)


def rivalled(test: Measured, rows: np.ndarray) -> Tensor:
    """What system 1 makes of the priors of rows when it is asked for the same; the prior itself where for nothing."""
    editor = EditorSpec.of(RIVAL).open("cpu")
    films = []
    for i in rows:
        request, film = request_of(test, i), test.prior[i : i + 1]
        films.append(editor.edit(film, EditRequest(request)).counterfactual if len(request) else film)
    return torch.cat(films)


def request_of(test: Measured, i: int) -> Findings:
    """What is to happen to patient i as a request of findings; places within a lung are left out."""
    asked = [
        Finding(wish.finding.name, "absent", side=wish.finding.side)
        if wish.kind == "resolved"
        else replace(wish.finding, location=None)
        for wish in wishes_of_changes(test.changes[i])
    ]
    kept: list[Finding] = []
    for one in asked:
        if not any(one.clashes(other) for other in kept):
            kept.append(one)
    return Findings(kept)


def _texts(
    model: ProgEmu, test: Measured, made: FollowUps, train: PhantomPairs, others: dict[str, ProgEmu], rows: np.ndarray
) -> dict[str, Any]:
    """Figures of texts by who wrote them."""
    rng = np.random.default_rng(0)
    learned = [train.draw(i, rng) for i in range(len(train))]
    told = {
        "ProgEmu": made.texts,
        "ProgEmu, of the true films and the request": model.describe(test.prior, test.truth, test.prompts),
        "ProgEmu, of the true films alone": model.describe(test.prior, test.truth),
        "another patient's text": [made.texts[i] for i in _dealt(test)],
        "commonest text": [commonest(learned)] * len(rows),
        "text of the nearest request": nearest(test.prompts, learned),
        "template of the request": [template(changes) for changes in test.changes],
        "the true text": test.texts,
    }
    if "text" in others:
        told["a model of text alone, of ProgEmu's film"] = others["text"].describe(test.prior, made.films, test.prompts)
    return {name: text_figures(texts, test, rows) for name, texts in told.items()}


def _agreement(
    model: ProgEmu, test: Measured, made: FollowUps, ladder: Ladder, rival: tuple[Tensor, np.ndarray],
    rows: np.ndarray, least: float,
) -> dict[str, Any]:  # fmt: skip
    """How far what is told of films is what the judge sees in them."""
    read = {
        "ProgEmu": (made.texts, made.films, rows),
        "ProgEmu, texts dealt out anew": ([made.texts[i] for i in _dealt(test)], made.films, rows),
        "ProgEmu, of the true films alone": (model.describe(test.prior, test.truth), test.truth, rows),
        f"system 1 ({RIVAL}) and the template": ([template(test.changes[i]) for i in rival[1]], *rival),
        "the true text, the true films": (test.texts, test.truth, rows),
    }
    found = {}
    for name, (texts, films, at) in read.items():
        said = [read_changes(text) for text in texts]
        found[name] = {"agrees": ladder.agreement(said, films, at), "f1": ladder.against_judge(said, films, at, least)}
    return found


@torch.no_grad()
def cache_error(model: ProgEmu) -> float:
    """The largest difference of a logit between all tokens at once and one by one with the cache."""
    net = model.nets.transformer
    tokens = torch.randint(net.layout.codes, (2, net.layout.length - 1), generator=torch.Generator().manual_seed(0))
    cache = Cache(net.shape, len(tokens), net.layout.length)
    stepwise = torch.cat([net(tokens[:, i : i + 1], cache) for i in range(tokens.shape[1])], 1)
    return float((stepwise - net(tokens)).abs().max())


def seconds_of(model: ProgEmu) -> float:
    """Seconds in which one row of TIMED tokens, film and text, is drawn, in the model's way, by a transformer of this
    shape that has learned nothing: the median of three."""
    layout = replace(model.config.layout, film=256, text=TIMED - 256)
    torch.manual_seed(0)
    net, spent = Transformer(layout, model.config.transformer).eval(), list[float]()
    end = torch.tensor(layout.first_word + END)
    # No end is drawn, so that no word is saved.
    net.register_forward_hook(lambda _, given, logits: logits.index_fill(2, end, torch.finfo().min))
    prior, prompt = torch.zeros(1, layout.film, dtype=torch.long), torch.zeros(1, layout.prompt, dtype=torch.long)
    for _ in range(3):
        begun = time.perf_counter()
        draw(net, prior, prompt, model.config.sampling, [0])
        spent.append(time.perf_counter() - begun)
    return float(np.median(spent))


def _strips(model: ProgEmu, test: Measured, made: FollowUps) -> list[tuple[str, np.ndarray]]:
    """The first patients who were asked for a change: prior, ProgEmu, true tokens, true follow-up; what was asked
    and what was told above them."""
    rows = np.flatnonzero(test.changed)[:SHOWN]
    films = test.prior[rows], test.truth[rows]
    ceiling = model.nets.changes.decode(films[0], model.nets.changes.encode(*films))
    frames = torch.cat([films[0], made.films[rows], ceiling, films[1]], 1).numpy()
    return [
        (f"asked: {to_prompt(wishes_of_changes(test.changes[i]))}\ntold: {made.texts[i]}", strip)
        for i, strip in zip(rows, frames, strict=True)
    ]

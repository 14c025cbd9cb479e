"""Table 5: does a classifier gain by counterfactuals of its training patients?"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from causaray import weightfiles
from causaray.cohorts import Cohort, open_cohorts
from causaray.cohorts.phantom.cohort import truth
from causaray.cohorts.trust import trusted_labels
from causaray.evaluation.measures.longtail import PARTS, terciles
from causaray.experiments.augment import augment, planned, write_planned
from causaray.experiments.downstream import MEASURES, Downstream, downstream, evenly, train_classifier
from causaray.findings import Findings
from causaray.systems.baselines.latent_diffusion import METHOD as LATENT_DIFFUSION
from causaray.systems.causal_disentanglement.experiments.ablation import (
    WITH_GROUPS,
    Figures,
    Row,
    Setting,
    Tell,
    over_seeds,
    trained,
)
from causaray.training.source import learnable, training_rows

STEPS = 400
"""Updates of every classifier."""
WORDS = {
    "auc": "AUC", "accuracy": "accuracy", "sensitivity": "sensitivity", "specificity": "specificity", "ppv": "PPV",
    "npv": "NPV", "f1": "F1",
}  # fmt: skip


@dataclass(frozen=True)
class Diet:
    """What a classifier is trained on: the real rows, drawn evenly or so that findings are, or with a generator's.

    true: with true counterfactuals of phantoms, the most that any generator could give.
    """

    name: str
    oversampled: bool = False
    generator: Row | None = None
    true: bool = False


DIETS = (
    Diet("real"),
    Diet("real, oversampled", oversampled=True),
    Diet("+ plain latent diffusion", generator=Row("text to image", method=LATENT_DIFFUSION, strength=1.0)),
    Diet("+ system 1 without L_P", generator=Row("system 1")),
    Diet("+ system 1", generator=Row("system 1 + L_P", pull=True)),
    Diet(f"+ {WITH_GROUPS}", generator=Row(WITH_GROUPS, ships=True)),
)
TRUE = Diet("+ true counterfactuals", true=True)


def diets(phantoms: bool) -> tuple[Diet, ...]:
    """The rows of the table."""
    return (*DIETS, TRUE) if phantoms else DIETS


def figures(names: Sequence[str]) -> Figures:
    """The columns of the page: means over the findings, the AUC of head, medium and tail, and that of each finding."""
    means = {measure: (f"mean {WORDS[measure]}", ()) for measure in MEASURES}
    parts = {part: (f"AUC, {part}", ()) for part in PARTS}
    return {**means, **parts, **{name: (f"AUC, {name}", ()) for name in names}}


def table5(setting: Setting, tell: Tell) -> tuple[dict[str, dict[str, Any]], Figures]:
    """Diet -> figure -> mean, deviation and values over the seeds of the classifier, and the figures.

    A generator that is trained here is trained once, with seed 0, on the rows that the classifiers train on. The
    weights that ship learned from other patients, too.
    """
    cohort = open_cohorts(list(setting.cohorts))
    rows = training_rows(cohort, setting.recipe)
    names = [name for name in learnable(rows) if name != "No Finding"]
    parts = terciles(dict(zip(names, (trusted_labels(rows, names) == 1).sum(0).tolist(), strict=True)))
    values: dict[str, list[dict[str, float | None]]] = {}
    for diet in diets(setting.of_phantoms):
        if diet.generator and not setting.able(diet.generator):
            continue
        food, kept = prepared(diet, rows, names, setting, tell)
        values[diet.name] = []
        for seed in setting.seeds:
            tell(f"{diet.name}, seed {seed}")
            found = classified(diet, food, cohort, names, kept, seed, setting)
            values[diet.name].append(flat(found, names, parts))
    wanted = figures(names)
    return {n: {key: over_seeds([one[key] for one in v]) for key in wanted} for n, v in values.items()}, wanted


def prepared(diet: Diet, real: Cohort, names: Sequence[str], setting: Setting, tell: Tell) -> tuple[Cohort, Path]:
    """The rows of a diet, `real` among them, and the folder of what is trained on them.

    Images are made until each finding is shown as often as the most common one is.
    """
    if diet.generator is None and not diet.true:
        return real, setting.folder("classifier", diet.name, setting.recipe.size)
    sources = [place for place in setting.cohorts if len(Cohort.open(place).subset(split="train"))]
    made = [synthetic(diet, place, names, setting, tell) for place in sources]
    food = open_cohorts([*setting.cohorts, *made])
    return training_rows(food, setting.recipe), setting.folder("classifier", *map(str, made))


def synthetic(diet: Diet, place: Path, names: Sequence[str], setting: Setting, tell: Tell) -> Path:
    """The folder of a diet's images of the cohort in a folder, made where they are not there yet."""
    cohort, row = Cohort.open(place), diet.generator
    source = cohort.cards[0]["digest"]
    make: Callable[[Path, Path], Cohort]
    if row is None:
        folder = setting.folder("synthetic", diet.name, source, names)
        make = partial(true_counterfactuals, names=names)
    else:
        weights, pull = trained(row, setting, 0), setting.encoder if row.pull else None
        folder = setting.folder("synthetic", weightfiles.digest(weights), row.strength, pull, source)
        make = partial(augment, weights=weights, strength=row.strength, references=pull)
    if not folder.is_dir():
        tell(f"{diet.name}: images of {cohort.name}")
        make(place, folder)
    return folder


def true_counterfactuals(cohort: Path, out: Path, names: Sequence[str]) -> Cohort:
    """What `augment` would make of phantoms if the editor were the world itself."""
    rows = Cohort.open(cohort).subset(split="train")

    def true(chosen: np.ndarray, request: Findings, seeds: list[int]) -> Tensor:
        once, places = np.unique(chosen, return_inverse=True)
        return truth(rows.subset(mask=np.isin(np.arange(len(rows)), once)), request)[places]

    return write_planned(
        rows, planned(rows, names, (), None, 0), true, out, {"weights": "the world"}, "true counterfactuals"
    )


def classified(
    diet: Diet, food: Cohort, cohort: Cohort, names: Sequence[str], kept: Path, seed: int, setting: Setting
) -> Downstream:
    """What a classifier of a diet reaches on the real test rows; measured once and kept."""
    path = kept / f"measured-{seed}-{STEPS}.json"
    if path.is_file():
        return Downstream(**json.loads(path.read_text(encoding="utf-8")))
    chance = evenly(trusted_labels(food, names)) if diet.oversampled else None
    net = train_classifier(food, names, kept, steps=STEPS, seed=seed, chance=chance)
    found = downstream(net, names, cohort.subset(split="val"), cohort.subset(split="test"))
    path.write_text(json.dumps(asdict(found)), encoding="utf-8")
    return found


def flat(found: Downstream, names: Sequence[str], parts: Mapping[str, Sequence[str]]) -> dict[str, float | None]:
    """The figures of one classifier."""
    means = {measure: found.mean(measure, names) for measure in MEASURES}
    by_part = {part: found.mean("auc", parts.get(part, ())) for part in PARTS}
    return {**means, **by_part, **{name: found.mean("auc", [name]) for name in names}}

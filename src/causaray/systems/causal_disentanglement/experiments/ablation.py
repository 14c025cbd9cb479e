"""A row of a table: a recipe with something changed, or a baseline in its place, trained and measured."""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from causaray import weightfiles
from causaray.cohorts import open_cohorts
from causaray.cohorts.cohort import CARD, Cohort
from causaray.cohorts.reports import has_reports
from causaray.errors import BadInput
from causaray.evaluation.evaluate import evaluate
from causaray.systems.baselines.train import train_baseline
from causaray.systems.causal_disentanglement.training.phantom_pairs import is_phantom
from causaray.systems.causal_disentanglement.training.train import train
from causaray.training.recipe import Recipe, load_recipe

SUITE = ("reconstruction", "effect", "identity", "realism", "truth", "disentanglement")
OURS = "system 1"
WITH_GROUPS = "system 1 with drawn groups, as it ships"
"""The weights that ship learned from other phantoms, or from the training films of these cohorts and of others."""

Figures = Mapping[str, tuple[str, tuple[str, ...]]]
"""Key -> what it is, and where a cohort's part of metrics.json has it."""
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Row:
    """A variant: what it changes in the recipe (dotted keys), or which baseline (of baselines.train.KINDS) it is.

    pull: whether the noise is optimised toward references; strength: of its edits. ships: it is the weights that ship
    for such cohorts, and not trained here.
    """

    name: str
    change: Mapping[str, Any] = field(default_factory=dict)
    pull: bool = False
    method: str = OURS
    strength: float = 0.7
    ships: bool = False


@dataclass(frozen=True)
class Setting:
    """What all rows of a table share: recipe, cohorts, judge, seeds, images measured, and the folder of the work."""

    recipe: Recipe
    cohorts: Sequence[Path]
    judge: str
    seeds: Sequence[int]
    limit: int | None
    work: Path
    encoder: Path | None = None

    @cached_property
    def has_reports(self) -> bool:
        """Whether each image that is trained on comes with a report."""
        return all(has_reports(Cohort.open(folder).subset(split="train")) for folder in self.cohorts)

    @cached_property
    def of_phantoms(self) -> bool:
        """Whether all images are phantoms."""
        return is_phantom(open_cohorts(list(self.cohorts)))

    @property
    def shipped(self) -> Path:
        """The weights that ship for such cohorts."""
        return weightfiles.find("phantom-64" if self.of_phantoms else "cxr-128")

    def able(self, row: Row) -> bool:
        """Whether a row can be had: one with L_P needs references, shipped weights need images of their size."""
        fits = not row.ships or weightfiles.config(self.shipped)["shape"]["size"] == self.recipe.size
        return fits and not (row.pull and self.encoder is None)

    @classmethod
    def of(
        cls, recipe: str | Path, cohorts: Sequence[Path], judge: str, seeds: int, limit: int | None, work: Path,
        encoder: Path | None = None,
    ) -> "Setting":  # fmt: skip
        """Raises BadInput for a recipe that cannot be used and for less than one seed."""
        if seeds < 1:
            raise BadInput(f"{seeds} seeds were asked for; one is the least.")
        return cls(load_recipe(recipe), cohorts, judge, range(seeds), limit, work, encoder)

    def folder(self, what: str, *depends: Any) -> Path:
        """Where something is kept that depends on these things and on the cohorts: tables share what is alike."""
        cards = [folder / CARD for folder in self.cohorts]
        data = [card.read_text(encoding="utf-8") if card.is_file() else str(card) for card in cards]
        told = json.dumps([data, *depends], sort_keys=True, default=str)
        return self.work / f"{what}-{hashlib.sha256(told.encode()).hexdigest()[:10]}"


def changed(recipe: Recipe, change: Mapping[str, Any]) -> Recipe:
    """The recipe with dotted keys set. Raises KeyError for a key that it does not have."""
    values = recipe.model_dump()
    for key, value in change.items():
        *path, last = key.split(".")
        section = values
        for name in path:
            section = section[name]
        if last not in section:
            raise KeyError(key)
        section[last] = value
    return Recipe.model_validate(values)


def trained(row: Row, setting: Setting, seed: int) -> Path:
    """The weights folder of a row; what is there of an earlier run is gone on with, and rows alike share it."""
    if row.ships:
        return setting.shipped
    plan = changed(setting.recipe, {**row.change, "seed": seed})
    folder = setting.folder("weights", row.method, plan.model_dump(mode="json"))
    weights = folder / (plan.name if row.method == OURS else row.method)
    if (weights / "model.safetensors").is_file():
        return weights
    folder.mkdir(parents=True, exist_ok=True)
    if row.method != OURS:
        return train_baseline(row.method, plan, setting.cohorts, folder)
    shared = _shared(plan, setting)
    for kept in shared:
        if kept.is_file() and not (folder / kept.name).exists():
            shutil.copy(kept, folder / kept.name)
    (folder / "recipe.yaml").write_text(yaml.safe_dump(plan.model_dump(mode="json")), encoding="utf-8")
    train(folder / "recipe.yaml", setting.cohorts, folder)
    for kept in shared:
        if not kept.is_file():
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / kept.name, kept)
    return weights


def _shared(plan: Recipe, setting: Setting) -> list[Path]:
    """Where the guide and the stage 1 of a recipe are kept for all rows that have them alike."""
    values = plan.model_dump(mode="json")
    guide = {key: values[key] for key in ("guide", "size", "seed", "graded", "augment", "open_only", "precision")}
    stage1 = guide | {key: values[key] for key in ("latent", "stage1")}
    return [setting.folder("guide", guide) / "guide.pt", setting.folder("stage1", stage1) / "stage1.pt"]


def measured(row: Row, setting: Setting, seed: int, weights: Path, figures: Figures) -> dict[str, float | None]:
    """`figures` of a row, over the cohorts' mean; measured once and kept."""
    pull = setting.encoder if row.pull else None
    report = setting.folder(
        "report", weightfiles.digest(weights), setting.judge, setting.limit, row.strength, pull, SUITE
    )
    if not (report / "metrics.json").is_file():
        evaluate(
            weights, setting.cohorts, report, judge=setting.judge, suite=SUITE, limit=setting.limit, seed=seed,
            strength=row.strength, references=pull,
        )  # fmt: skip
    cohorts = json.loads((report / "metrics.json").read_text(encoding="utf-8"))["cohorts"].values()
    return {key: _mean([_value(one, path) for one in cohorts]) for key, (_, path) in figures.items()}


def table(rows: Sequence[Row], setting: Setting, figures: Figures, tell: Tell) -> dict[str, dict[str, Any]]:
    """Row -> figure -> mean and deviation over the seeds and the values themselves; all trained and measured."""
    values: dict[str, list[dict[str, float | None]]] = {row.name: [] for row in rows}
    for seed in setting.seeds:
        for row in rows:
            if row.ships and seed != setting.seeds[0]:
                continue  # it is not trained here, and measured once
            tell(f"{row.name}, seed {seed}")
            values[row.name].append(measured(row, setting, seed, trained(row, setting, seed), figures))
    return {name: {key: over_seeds([one[key] for one in found]) for key in figures} for name, found in values.items()}


def _value(report: Any, path: Sequence[str]) -> float | None:
    for key in path:
        report = report.get(key) if isinstance(report, dict) else None
    return report["value"] if isinstance(report, dict) and "value" in report else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def over_seeds(values: Sequence[float | None]) -> dict[str, Any]:
    """Mean and deviation of what is known, and the values themselves."""
    known = [value for value in values if value is not None]
    if not known:
        return {"mean": None, "deviation": None, "values": list(values)}
    deviation = float(np.std(known, ddof=1)) if len(known) > 1 else None
    return {"mean": float(np.mean(known)), "deviation": deviation, "values": list(values)}

"""A row of a table: a recipe with something changed, trained for several seeds and measured."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from causaray.errors import BadInput
from causaray.evaluation.evaluate import evaluate
from causaray.training.recipe import Recipe, load_recipe
from causaray.training.train import train

SUITE = ("reconstruction", "effect", "identity", "realism", "truth", "disentanglement")

FIGURES: dict[str, tuple[str, tuple[str, ...]]] = {
    "psnr": ("PSNR of the reconstruction, dB", ("reconstruction", "psnr")),
    "effect": ("effect: mean AUROC of the judge", ("mean_effect",)),
    "kid": ("KID to real, edited / reconstructed", ("realism", "kid_ratio")),
    "own_patient": ("nearest real image is the own patient's", ("identity", "edited")),
    "truth": ("distance to the truth / no edit's", ("truth", "l1_to_copied")),
    "leak": ("findings read from identity channels, AUROC", ("disentanglement", "mean", "identity")),
    "pathology": ("findings read from the pathology map, AUROC", ("disentanglement", "mean", "pathology")),
}
"""Key -> what it is, and where metrics.json of `evaluate` has it."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Row:
    """A variant: what it changes in the recipe (dotted keys), and whether the noise is optimised toward references."""

    name: str
    change: Mapping[str, Any] = field(default_factory=dict)
    pull: bool = False

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")

    @property
    def trained_as(self) -> str:
        """Name of the folder of its weights, where recipe.yaml says what it is: rows of the same change share one."""
        return "weights-" + hashlib.sha256(repr(sorted(self.change.items())).encode()).hexdigest()[:8]


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

    @classmethod
    def of(
        cls, recipe: str | Path, cohorts: Sequence[Path], judge: str, seeds: int, limit: int | None, work: Path,
        encoder: Path | None = None,
    ) -> "Setting":  # fmt: skip
        """Raises BadInput for a recipe that cannot be used and for less than one seed."""
        if seeds < 1:
            raise BadInput(f"{seeds} seeds were asked for; one is the least.")
        return cls(load_recipe(recipe), cohorts, judge, range(seeds), limit, work, encoder)


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
    """The weights folder of a row; what is there of an earlier run is gone on with. Rows of a seed share one guide."""
    plan = changed(setting.recipe, row.change)
    folder = setting.work / f"{row.trained_as}-{seed}"
    if (folder / plan.name / "model.safetensors").is_file():
        return folder / plan.name
    folder.mkdir(parents=True, exist_ok=True)
    guide = setting.work / f"guide-{seed}.pt"
    if guide.is_file() and not (folder / guide.name).exists():
        shutil.copy(guide, folder / "guide.pt")
    (folder / "recipe.yaml").write_text(yaml.safe_dump(plan.model_dump(mode="json")), encoding="utf-8")
    weights = train(folder / "recipe.yaml", setting.cohorts, folder, seed)
    if not guide.is_file():
        shutil.copy(folder / "guide.pt", guide)
    return weights


def measured(row: Row, setting: Setting, seed: int, weights: Path) -> dict[str, float | None]:
    """FIGURES of a row, over the cohorts' mean; measured once and kept."""
    report = setting.work / f"{row.slug}-{seed}" / "report"
    kept = report / "metrics.json"
    if not kept.is_file():
        evaluate(
            weights, setting.cohorts, report, judge=setting.judge, suite=SUITE, limit=setting.limit, seed=seed,
            references=setting.encoder if row.pull else None,
        )  # fmt: skip
    cohorts = json.loads(kept.read_text(encoding="utf-8"))["cohorts"].values()
    return {key: _mean([_value(one, path) for one in cohorts]) for key, (_, path) in FIGURES.items()}


def table(rows: Sequence[Row], setting: Setting, tell: Tell) -> dict[str, dict[str, Any]]:
    """Row -> figure -> mean and deviation over the seeds and the values themselves; all trained and measured."""
    values: dict[str, list[dict[str, float | None]]] = {row.name: [] for row in rows}
    for seed in setting.seeds:
        for row in rows:
            tell(f"{row.name}, seed {seed}")
            values[row.name].append(measured(row, setting, seed, trained(row, setting, seed)))
    return {name: {key: _over_seeds([one[key] for one in found]) for key in FIGURES} for name, found in values.items()}


def _value(report: Any, path: Sequence[str]) -> float | None:
    for key in path:
        report = report.get(key) if isinstance(report, dict) else None
    return report["value"] if isinstance(report, dict) and "value" in report else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _over_seeds(values: Sequence[float | None]) -> dict[str, Any]:
    known = [value for value in values if value is not None]
    if not known:
        return {"mean": None, "deviation": None, "values": list(values)}
    deviation = float(np.std(known, ddof=1)) if len(known) > 1 else None
    return {"mean": float(np.mean(known)), "deviation": deviation, "values": list(values)}

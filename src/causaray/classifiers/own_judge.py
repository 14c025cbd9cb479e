"""Train a judge of one's own: one backbone, on the rows that a judge may see, under an objective over groups."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np
import torch

from causaray.classifiers.backbones import backbone
from causaray.classifiers.calibration import Calibrated, calibrate
from causaray.classifiers.confidence import confidence
from causaray.classifiers.groups import empirical_risk, groups_of, objective_over
from causaray.classifiers.judge_rows import calibration_rows, learnable, own_rows, reward_rows
from causaray.classifiers.labelled_rows import LabelledRows, even
from causaray.classifiers.recipe import ClassifierRecipe
from causaray.classifiers.train import Objective, train_classifier
from causaray.cohorts import Cohort, open_cohorts
from causaray.cohorts.batches import augment
from causaray.cohorts.readings import believed_labels
from causaray.devices import AUTO, resolved
from causaray.editors.saved import save_weights
from causaray.errors import BadInput
from causaray.training.recipe import claim, load_plan
from causaray.training.source import trained_on
from causaray.training.updates import adamw

CLIP = 5.0


def train(recipe: str | Path, cohorts: Iterable[Path], out: Path, seed: int | None = None, device: str = AUTO) -> Path:
    """Train on train fold "judge" and split "val", calibrate on fold "guide"; return the weights folder out/<name>.

    A recipe of fold "guide" trains and calibrates on patients of that fold alone: a reward, not a judge. The folder is
    one for `Judge.load`. Split "test" is never looked at. Resumes what `out` holds. Raises BadInput when a finding is
    not shown often enough, for groups that cohorts do not tell, and for an `out` of another recipe.
    """
    plan = load_plan(recipe, ClassifierRecipe, seed)
    cohort = open_cohorts(list(cohorts))
    if plan.fold == "guide":
        rows, held = reward_rows(cohort, plan.open_only)
    else:
        rows, held = own_rows(cohort, plan.open_only), calibration_rows(cohort, plan.open_only)
    names = findings(rows, plan)
    if not len(held):
        raise BadInput("The cohorts hold no rows of train fold guide, on which the judge's probabilities are fitted.")
    labels = believed_labels(rows, names)
    teaches = np.isfinite(labels).any(1)
    rows, labels = rows.subset(mask=teaches), labels[teaches]
    objective, chance, groups = over_groups(rows, plan)
    claim(out, plan)
    torch.manual_seed(plan.seed)
    place = resolved(device)
    judge = Calibrated(backbone(plan.backbone, len(names), plan.size, plan.photographs), len(names)).to(place)
    objective = objective.to(place) if isinstance(objective, torch.nn.Module) else objective
    source = LabelledRows(
        rows.images, torch.from_numpy(labels), chance, bf16=True, epochs=plan.order == "epochs", device=place
    )
    train_classifier(
        judge.net, source, objective,
        adamw(judge.net, plan.lr, plan.weight_decay), partial(augment, strength=plan.augment),
        batch=plan.batch, steps=plan.steps, seed=plan.seed, out=out, name="classifier", clip=CLIP,
    )  # fmt: skip
    calibrate(judge.cpu().eval(), held.images, believed_labels(held, names))
    sure = confidence(judge, held.images, len(held), names)
    config = {
        "method": plan.method, "name": plan.name, "names": names, "backbone": plan.backbone, "size": plan.size,
        "groups": groups, "confidence": sure, "recipe": plan.model_dump(), "cohorts": trained_on(cohort),
    }  # fmt: skip
    save_weights(judge, config, out / plan.name)
    return out / plan.name


def findings(rows: Cohort, plan: ClassifierRecipe) -> list[str]:
    """What the recipe names, or all that rows teach. Raises BadInput for a finding that they do not teach."""
    taught = learnable(rows, plan.fewest)
    strange = [name for name in plan.labels if name not in taught]
    if strange:
        raise BadInput(
            f"{strange[0]} is not both present and absent in {plan.fewest} rows of fold judge or split val; "
            f"learned can be {', '.join(taught)}."
        )
    return list(plan.labels) or taught


def over_groups(rows: Cohort, plan: ClassifierRecipe) -> tuple[Objective, np.ndarray, dict[str, int]]:
    """The objective of a recipe, the chance (N,) of each row under it, and how many rows each group has."""
    if plan.objective == "erm":
        return empirical_risk(), even(len(rows)), {}
    group, names = groups_of(rows.table, plan.group)
    counts = dict(zip(names, np.bincount(group).tolist(), strict=True))
    return *objective_over(plan.objective, group, plan.group_rate), counts

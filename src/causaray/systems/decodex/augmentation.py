"""Do counterfactuals cure a classifier of its shortcut? Trainings with and without them, and the cheap cures beside."""

from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.classifiers.backbones import backbone
from causaray.classifiers.calibration import Calibrated
from causaray.classifiers.groups import by_group, objective_over
from causaray.classifiers.labelled_rows import LabelledRows
from causaray.classifiers.last_layer import retrain_last_layer
from causaray.classifiers.train import train_classifier
from causaray.cohorts.planted import Planted
from causaray.evaluation.classification.worst_group import group_accuracy
from causaray.systems.decodex.guides import BACKBONE, probabilities
from causaray.systems.decodex.recipe import DecodexRecipe
from causaray.systems.decodex.train import CLIP, shown_as
from causaray.training.updates import adamw

DRO_RATE = 0.05
"""eta_q of Group-DRO, whose trainings here are short."""


@dataclass(frozen=True, eq=False)
class Learned:
    """Images (N, 1, S, S) that a classifier learns from, whether each shows the finding (N,), and its group (N,)."""

    images: Tensor
    finding: np.ndarray
    group: np.ndarray

    def and_of(self, other: "Learned") -> "Learned":
        """Both together."""
        pairs = ((self.finding, other.finding), (self.group, other.group))
        return Learned(torch.cat([self.images, other.images]), *(np.concatenate(pair) for pair in pairs))


def learned_of(world: Planted) -> Learned:
    """The images of a planted world."""
    return Learned(world.images, world.finding, world.group)


FULL = "guided counterfactuals"
"""The paper's, by classifier and detector."""
OBJECTIVES = ("ERM", "resampling", "reweighting", "Group-DRO")


def trained(how: str, rows: Learned, plan: DecodexRecipe, out: Path) -> Calibrated:
    """A classifier trained by one of OBJECTIVES, in the updates of the recipe's; resumes what `out` holds."""
    torch.manual_seed(plan.seed)
    net = Calibrated(backbone(BACKBONE, 1, plan.look), 1)
    name = "erm" if how == "resampling" else how.lower()
    objective, chance = objective_over(name, rows.group, DRO_RATE)
    if how == "resampling":
        chance = by_group(rows.group)
    source = LabelledRows(
        lambda part: rows.images[torch.from_numpy(part)], torch.from_numpy(rows.finding).float()[:, None], chance,
        bf16=True,
    )  # fmt: skip
    run = plan.classifier
    train_classifier(
        net.net, source, objective, adamw(net.net, run.lr, plan.weight_decay), partial(shown_as, plan),
        batch=run.batch, steps=run.steps, seed=plan.seed, out=out, name="net", clip=CLIP,
    )  # fmt: skip
    return net.eval()


def by_rows(
    train: Planted, val: Planted, test: Planted, made: dict[str, Learned], plan: DecodexRecipe, work: Path
) -> dict[str, dict[str, Any]]:
    """Accuracy by group of each training on the balanced test images; `made`: counterfactuals, by how they were made.

    Of each kind of counterfactuals there is a row by ERM, and of FULL one by Group-DRO, too.
    """
    base, found = learned_of(train), {}
    for how in OBJECTIVES:
        net = trained(how, base, plan, work / how.replace(" ", "-"))
        found[how] = _groups(net, test)
        if how == "ERM":
            last = deepcopy(net)
            retrain_last_layer(last.net, val.images, val.finding, val.group, seed=plan.seed)
            found["ERM, last layer again (DFR)"] = _groups(last, test)
    for kind, more in made.items():
        for how in ("ERM", "Group-DRO") if kind == FULL else ("ERM",):
            name = f"{how} + {kind}"
            found[name] = _groups(trained(how, base.and_of(more), plan, work / name.replace(" ", "-")), test)
    return found


def _groups(net: Calibrated, test: Planted) -> dict[str, Any]:
    said = probabilities(net, test.images).numpy() > 0.5
    return group_accuracy((said == (test.finding == 1)).astype(float), test.group, test.groups, test.patients)

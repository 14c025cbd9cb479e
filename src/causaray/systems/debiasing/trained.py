"""The trainings of the experiment: a pair for each case, and the judge of all of them."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from causaray.classifiers.backbones import backbone
from causaray.classifiers.calibration import Calibrated, calibrate
from causaray.classifiers.groups import empirical_risk
from causaray.classifiers.labelled_rows import LabelledRows, even
from causaray.classifiers.train import train_classifier
from causaray.cohorts.planted import Planted
from causaray.systems.debiasing import worlds
from causaray.systems.debiasing.joint import CLIP, Pair
from causaray.systems.debiasing.losses import coarsened
from causaray.systems.debiasing.pairs import DFR, fitted, learned, retrained
from causaray.systems.debiasing.recipe import DebiasingRecipe
from causaray.systems.debiasing.worlds import Case, learned_from, phantoms
from causaray.training.recipe import claim
from causaray.training.updates import adamw

LEARNED_BY_JUDGE = 1.5
"""Updates of the judge, of those of a classifier."""
PATHOLOGY, ARTIFACT = 0, 1
"""Columns of the judge: p, and d."""


@dataclass(frozen=True)
class Trainings:
    """What is trained for one seed in a folder, and found there again. images: of each training set."""

    plan: DebiasingRecipe
    work: Path
    images: int

    def pair(self, case: Case) -> Pair:
        """The pair of a case: calibrated on split val of its correlation, by DFR on balanced held-out images."""
        objective = worlds.ERM if case.is_control else case.objective
        group = () if objective == worlds.ERM else ("finding", "artifact")
        plan = self.plan.model_copy(update={"objective": objective, "group": group})
        work = self.work / case.name.replace(", ", "-")
        claim(work, plan)
        data = learned_from(case, phantoms(plan, case.correlation, self.images, worlds.TRAIN_SEED))
        if objective == DFR:
            held = learned_from(case, phantoms(plan, 0.5, worlds.HELD, worlds.HELD_SEED))
            return retrained(self.pair(Case(worlds.ERM, case.correlation)), held, data, plan, work)
        val = learned_from(case, phantoms(plan, case.correlation, worlds.VAL, worlds.VAL_SEED))
        return fitted(learned(plan, data, work), val)

    def judge(self) -> Calibrated:
        """p and d in one net, PATHOLOGY and ARTIFACT: learned from other patients, in whom neither tells the other."""
        plan, work = self.plan, self.work / "judge"
        claim(work, plan)
        made = phantoms(plan, 0.5, self.images, worlds.JUDGE_SEED)
        torch.manual_seed(plan.seed + worlds.JUDGE_SEED)
        net = Calibrated(backbone(plan.backbone, 2, plan.size), 2)
        told = torch.from_numpy(np.stack([made.finding, made.artifact], 1)).float()
        source = LabelledRows(partial(_images, made), told, even(len(told)), plan.precision == "bf16")
        steps, optimiser = round(LEARNED_BY_JUDGE * plan.run.steps), adamw(net.net, plan.run.lr, plan.weight_decay)
        train_classifier(
            net.net, source, empirical_risk(), optimiser, coarsened, batch=plan.run.batch, steps=steps, seed=plan.seed,
            out=work, name="judge", clip=CLIP,
        )  # fmt: skip
        held = phantoms(plan, 0.5, worlds.HELD, worlds.FITTED_SEED)
        labels = np.stack([held.finding, held.artifact], 1).astype(float)
        calibrate(net.eval(), partial(_images, held), labels)
        return net.requires_grad_(False)


def _images(made: Planted, rows: np.ndarray) -> np.ndarray:
    return made.images[torch.from_numpy(rows)].numpy()

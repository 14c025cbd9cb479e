"""The trainings of the experiment: a pair for each case, and the judge of all of them."""

from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray.classifiers.backbones import backbone
from causaray.classifiers.calibration import Calibrated, calibrate
from causaray.classifiers.groups import empirical_risk, objective_over
from causaray.classifiers.labelled_rows import LabelledRows, even
from causaray.classifiers.last_layer import retrain_last_layer
from causaray.classifiers.train import train_classifier
from causaray.systems.debiasing import worlds
from causaray.systems.debiasing.generator import CounterfactualGenerator
from causaray.systems.debiasing.joint import CLIP, Pair, train_pair
from causaray.systems.debiasing.losses import coarsened
from causaray.systems.debiasing.recipe import DebiasingRecipe
from causaray.systems.debiasing.worlds import Case, Set, learned_from, phantoms
from causaray.training.recipe import claim
from causaray.training.updates import adamw

LEARNED_BY_DETECTORS = 1.5
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
        """The pair of a case, its probabilities calibrated on split val of its correlation."""
        objective = worlds.ERM if case.is_control else case.objective
        group = () if objective == worlds.ERM else ("finding", "artifact")
        plan = self.plan.model_copy(update={"objective": objective, "group": group})
        work = self.work / case.name.replace(", ", "-")
        claim(work, plan)
        data = learned_from(case, phantoms(plan, case.correlation, self.images, worlds.TRAIN_SEED))
        if case.objective == worlds.DFR:
            return self._retrained(case, data, plan, work)
        pair = untrained(plan)
        learned, chance = objective_over(objective, data.group, plan.group_rate)
        train_pair(pair, data.rows(chance, bf16=self._bf16), learned, plan, plan.run.steps, work)
        return fitted(pair, learned_from(case, phantoms(plan, case.correlation, worlds.VAL, worlds.VAL_SEED)))

    def _retrained(self, case: Case, data: Set, plan: DebiasingRecipe, work: Path) -> Pair:
        """ERM's pair of the same correlation, its last layer anew on balanced images; the generator goes on."""
        held = learned_from(case, phantoms(plan, 0.5, worlds.HELD, worlds.HELD_SEED))
        return retrained(self.pair(Case(worlds.ERM, case.correlation)), held, data, plan, work)

    def judge(self) -> Calibrated:
        """p and d in one net, PATHOLOGY and ARTIFACT: learned from other patients, in whom neither tells the other."""
        plan, work = self.plan, self.work / "judge"
        claim(work, plan)
        made = phantoms(plan, 0.5, self.images, worlds.JUDGE_SEED)
        torch.manual_seed(plan.seed + worlds.JUDGE_SEED)
        net = Calibrated(backbone(plan.backbone, 2, plan.size), 2)
        told = torch.from_numpy(np.stack([made.finding, made.artifact], 1)).float()
        train_classifier(
            net.net, LabelledRows(lambda rows: made.images[torch.from_numpy(rows)], told, even(len(told)), self._bf16),
            empirical_risk(), adamw(net.net, plan.run.lr, plan.weight_decay), coarsened, batch=plan.run.batch,
            steps=round(LEARNED_BY_DETECTORS * plan.run.steps), seed=plan.seed, out=work, name="judge", clip=CLIP,
        )  # fmt: skip
        held = phantoms(plan, 0.5, worlds.HELD, worlds.FITTED_SEED)
        calibrate(net.eval(), partial(_rows, held.images), np.stack([held.finding, held.artifact], 1).astype(float))
        return net.requires_grad_(False)

    @property
    def _bf16(self) -> bool:
        return self.plan.precision == "bf16"


def untrained(plan: DebiasingRecipe) -> Pair:
    """The pair of a recipe before its training."""
    torch.manual_seed(plan.seed)
    return Pair(Calibrated(backbone(plan.backbone, 1, plan.size), 1), CounterfactualGenerator(plan.generator.widths))


def fitted(pair: Pair, held: Set) -> Pair:
    """The pair itself, with the line that makes the classifier's logits probabilities on held-out images."""
    calibrate(pair.classifier, lambda rows: held.take(rows).numpy(), held.labels[:, None].astype(float))
    return pair


def retrained(pair: Pair, held: Set, data: Set, plan: DebiasingRecipe, work: Path) -> Pair:
    """A pair by DFR: the last layer of f anew on `held`, and G on `data` for half as many updates as before.

    Raises BadInput where a group has no held-out images.
    """
    made = deepcopy(pair)
    retrain_last_layer(made.classifier.net, held.images, held.labels, held.group, seed=plan.seed)
    fitted(made, held)
    made.generator.requires_grad_(True)
    _, chance = objective_over(worlds.ERM, data.group, plan.group_rate)
    return train_pair(made, data.rows(chance, plan.precision == "bf16"), None, plan, plan.run.steps // 2, work)


def _rows(images: Tensor, rows: np.ndarray) -> np.ndarray:
    return images[torch.from_numpy(rows)].numpy()

"""What the experiment trains and measures on: phantoms in which an artifact goes along with a finding."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts.planted import Planted, planted
from causaray.systems.debiasing.pairs import DFR, Labelled
from causaray.systems.debiasing.recipe import DebiasingRecipe

CORRELATIONS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
VAL, HELD, TEST = 200, 200, 800
"""Images of split val, of the correlation of the training; of the balanced ones that DFR and the judge are fitted on;
and of the balanced test set, which all classifiers have in common."""
TRAIN_SEED, VAL_SEED, TEST_SEED, HELD_SEED, JUDGE_SEED, FITTED_SEED = range(6)
"""Of the phantoms: sets of different seeds have no patient in common."""
ERM, REWEIGHTING, GROUP_DRO = "erm", "reweighting", "group-dro"
ORACLE, DETECTOR = "oracle", "detector"
RIVALS = {
    ERM: CORRELATIONS,
    REWEIGHTING: (0.9,),
    GROUP_DRO: (0.9,),
    DFR: (0.9,),
}
"""Objective -> at which correlations it is trained. At 1.0 two groups are missing, so that reweighting is ERM."""


@dataclass(frozen=True)
class Case:
    """One classifier of the experiment: how it is trained, and at which correlation."""

    objective: str
    correlation: float

    @property
    def name(self) -> str:
        return self.objective if self.is_control else f"{self.objective}, D_{100 * self.correlation:.0f}"

    @property
    def is_control(self) -> bool:
        """Whether it is known by its making what it answers to: the oracle, or the detector."""
        return self.objective in (ORACLE, DETECTOR)


def cases() -> Iterator[Case]:
    """All classifiers; those by DFR after those by ERM, from which they go on."""
    for objective, correlations in RIVALS.items():
        yield from (Case(objective, k) for k in correlations)
    yield from (Case(ORACLE, 0.5), Case(DETECTOR, 0.5))


def phantoms(plan: DebiasingRecipe, correlation: float, count: int, seed: int) -> Planted:
    """Planted phantoms of the recipe's size and finding, with the pacemaker."""
    return planted(correlation, count, plan.size, seed, plan.finding)


def learned_from(case: Case, made: Planted) -> Labelled:
    """What a case makes of planted phantoms.

    The oracle sees each image with the artifact and without it, so that the artifact tells nothing; the detector learns
    the artifact in place of the finding. Images are drawn when they are asked for.
    """
    n = len(made)
    if case.objective == ORACLE:
        group = np.concatenate([2 * made.finding, 2 * made.finding + 1])

        def both(rows: np.ndarray) -> Tensor:
            marked = torch.from_numpy(rows >= n).view(-1, 1, 1, 1)
            return torch.where(marked, made.with_artifact[rows % n], made.without_artifact[rows % n])

        return Labelled(both, np.tile(made.finding, 2), group)
    labels = made.artifact if case.objective == DETECTOR else made.finding
    return Labelled(lambda rows: made.images[torch.from_numpy(rows)], labels, made.group)

"""Pairs before and after their training: made for a recipe, fitted, and by DFR."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray.classifiers.calibration import calibrate
from causaray.classifiers.groups import objective_over
from causaray.classifiers.labelled_rows import LabelledRows, even
from causaray.classifiers.last_layer import retrain_last_layer
from causaray.devices import resolved
from causaray.systems.debiasing.joint import Pair, train_pair
from causaray.systems.debiasing.recipe import DebiasingRecipe
from causaray.systems.debiasing.weights import Shape, untrained

DFR = "dfr"
HERE = resolved("cpu")


@dataclass(frozen=True, eq=False)
class Labelled:
    """N images with what is known of them.

    images: row numbers (B,) to images (B, 1, S, S) in [0, 1], such as `Cohort.images`. labels: (N,), 1 or 0. group:
    number of the group of each (N,).
    """

    images: Callable[[np.ndarray], np.ndarray | Tensor]
    labels: np.ndarray
    group: np.ndarray

    def rows(self, chance: np.ndarray, plan: DebiasingRecipe, device: torch.device) -> LabelledRows:
        """As a source of batches, each row drawn by its chance (N,)."""
        told = torch.from_numpy(self.labels).float()[:, None]
        return LabelledRows(self.images, told, chance, plan.precision == "bf16", device)

    def take(self, rows: np.ndarray) -> np.ndarray:
        """The images of rows (B,), as an array."""
        return torch.as_tensor(self.images(rows)).numpy()


def shape_of(plan: DebiasingRecipe) -> Shape:
    """The nets that a recipe asks for."""
    return Shape(plan.size, plan.backbone, plan.generator.widths)


def learned(plan: DebiasingRecipe, data: Labelled, out: Path, device: torch.device = HERE) -> Pair:
    """A pair trained on `data` by the objective of a recipe; by ERM where that is DFR. Resumes out/pair.pt."""
    torch.manual_seed(plan.seed)
    pair = untrained(shape_of(plan)).to(device)
    name = "erm" if plan.objective == DFR else plan.objective
    objective, chance = objective_over(name, data.group, plan.group_rate)
    if isinstance(objective, torch.nn.Module):
        objective = objective.to(device)
    return train_pair(pair, data.rows(chance, plan, device), objective, plan, plan.run.steps, out, "pair")


def retrained(
    pair: Pair, held: Labelled, data: Labelled, plan: DebiasingRecipe, out: Path, device: torch.device = HERE
) -> Pair:
    """A pair by DFR: the last layer of f anew on held-out images, G on `data` for half as many updates as before.

    Resumes out/retrained.pt. Raises BadInput where a group has no held-out images, and where they are of one class.
    """
    made = deepcopy(pair).cpu()
    images = torch.from_numpy(held.take(np.arange(len(held.labels))))
    retrain_last_layer(made.classifier.net, images, held.labels, held.group, seed=plan.seed)
    fitted(made, held).to(device)
    made.generator.requires_grad_(True)
    source = data.rows(even(len(data.labels)), plan, device)
    return train_pair(made, source, None, plan, plan.run.steps // 2, out, "retrained")


def fitted(pair: Pair, held: Labelled) -> Pair:
    """The pair itself, on the CPU, its classifier's logits made probabilities by held-out images."""
    calibrate(pair.cpu().classifier, held.take, held.labels[:, None].astype(float))
    return pair

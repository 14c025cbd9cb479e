"""The figures of counterfactuals in a planted world: by a judge that guided nothing, and by what is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.classifiers.judge import Judge
from causaray.cohorts.phantom.planting import ARTIFACTS
from causaray.cohorts.planted import Planted
from causaray.errors import BadInput
from causaray.evaluation.classification.reliance import check_detector
from causaray.evaluation.measures.truth import distance_to_truth
from causaray.evaluation.statistics.bootstrap import difference, known_mean, ratio_of_means
from causaray.systems.decodex.guides import Guides

SEEN_AS = dict(zip(ARTIFACTS, ("Support Devices", None), strict=True))
"""The finding that a judge calls an artifact of phantoms; None of one that it has no word for."""
Figures = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Asked:
    """Images of a planted world of which the other class is asked, and who reads them.

    images (N, 1, S, S); target (N,), 1 or 0; truth (N, 1, S, S), the true counterfactuals; mask (N, 1, S, S), bool,
    where the artifact is or would be; artifact (N,), bool; patients (N,). judge: guided nothing, and reads finding and
    artifact.
    """

    images: Tensor
    target: Tensor
    truth: Tensor
    mask: Tensor
    artifact: np.ndarray
    patients: np.ndarray
    finding: str
    device: str
    judge: Judge

    @classmethod
    def of(cls, world: Planted, rows: np.ndarray, judge: Judge) -> "Asked":
        """Rows (n,) of a world. Raises BadInput for a judge that does not know its finding and artifact."""
        device = SEEN_AS[world.artifact_name]
        for name in (world.finding_name, device):
            if name not in judge.names:
                raise BadInput(f"The judge does not know {name or world.artifact_name}; name another with --judge.")
        shown, at = torch.from_numpy(world.finding[rows] == 1), torch.from_numpy(rows)
        truth = world.draw(rows, 1 - world.finding[rows], world.artifact[rows])
        return cls(
            world.images[at], (~shown).long(), truth, world.mask[at], world.artifact[rows] == 1, world.patients[rows],
            world.finding_name, str(device), judge,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.images)

    def part(self, n: int) -> "Asked":
        """The first n of them."""
        return Asked(
            self.images[:n], self.target[:n], self.truth[:n], self.mask[:n], self.artifact[:n], self.patients[:n],
            self.finding, self.device, self.judge,
        )  # fmt: skip

    def reading(self, images: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """What the judge says of images (N, 1, S, S): probability of the finding and of the artifact, (N,) each."""
        said = self.judge.predict(images).numpy()
        return said[:, self.judge.names.index(self.finding)], said[:, self.judge.names.index(self.device)]

    @cached_property
    def before(self) -> tuple[np.ndarray, np.ndarray]:
        """The reading of the images as they are."""
        return self.reading(self.images)

    def check(self) -> dict[str, float]:
        """AUROC of the judge as the second detector. Raises BadInput where it is at chance."""
        return check_detector(self.artifact.astype(int), self.before[1], self.patients)


def figures(asked: Asked, made: Tensor, guides: Guides) -> Figures:
    """Of counterfactuals made (N, 1, S, S), each with its interval by patient.

    "flip": the classifier that guided reads the other class; "judge flip": the judge does, of images that it read
    rightly before. "kept": the judge sees the artifact as before, of images in which it saw it rightly. "in mask":
    mean squared change in grey levels within the artifact's pixels, of images that have it. "truth": distances.
    """
    finding, artifact = asked.reading(made)
    target, before = asked.target.numpy(), asked.before
    rightly, seen = (before[0] > 0.5) != (target == 1), (before[1] > 0.5) == asked.artifact
    with torch.no_grad():
        said = (guides.finding(made) > 0).numpy() == (target == 1)
    return {
        "flip": mean(said, None, asked),
        "judge flip": mean((finding > 0.5) == (target == 1), rightly, asked),
        "kept": mean((artifact > 0.5) == asked.artifact, seen, asked),
        "in mask": known_mean(in_mask(asked, made), asked.patients),
        "truth": distance_to_truth(made, asked.truth, asked.images, None, asked.patients),
    }


def mean(values: np.ndarray, where: np.ndarray | None, asked: Asked) -> dict[str, float] | None:
    """Of bools (N,) over the images where that is so."""
    return known_mean(np.where(True if where is None else where, values.astype(float), np.nan), asked.patients)


def in_mask(asked: Asked, made: Tensor) -> np.ndarray:
    """Mean squared change in grey levels within the artifact's pixels (N,), NaN where an image has no artifact."""
    change = (255 * (made - asked.images)).square() * asked.mask
    found = (change.sum((1, 2, 3)) / asked.mask.sum((1, 2, 3))).numpy()
    return np.where(asked.artifact, found, np.nan)


def against(asked: Asked, guided: Tensor, unguided: Tensor, figures_of: Mapping[str, Figures]) -> Figures:
    """What the detector's guidance brings on the same seeds.

    "kept": difference of the shares; "in mask": the change within the artifact as a share of that without.
    """
    has = asked.artifact
    one, other = (in_mask(asked, made)[has] for made in (guided, unguided))
    kept = difference(figures_of["guided"]["kept"], figures_of["unguided"]["kept"])
    return {"kept": kept, "in mask": ratio_of_means(one, other, asked.patients[has])}

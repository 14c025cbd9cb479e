"""Images in which a finding and an artifact go together as often as one likes, with the true twins of each.

At a correlation of k (D_k of FastDiME, arXiv 2312.14223) a share k of the images with the finding have the artifact,
and a share k of those without it lack the artifact: 0.5 is none, 1 is a perfect shortcut. Half of the images have the
finding. Training sets are of any k; a test set is `planted(0.5, 800, ...)` of another seed: 200 images in each group.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts.phantom.planting import QUIET, Planting, assigned
from causaray.cohorts.phantom.world import World

CHANGED = 0.5 / 255
"""A change of a pixel below this is no artifact, it is rounding."""
Draw = Callable[[np.ndarray, np.ndarray, np.ndarray], Tensor]
"""Row numbers (n,), whether each is to show the finding (n,) and the artifact (n,) -> true images (n, 1, S, S)."""


@dataclass(frozen=True, eq=False)
class Planted:
    """N images, one a patient, with what is planted in them; images are drawn when they are first asked for.

    Attributes:
        finding_name, artifact_name: what is planted.
        finding, artifact: int64 (N,), 1 where it is there.
        patients: (N,), whose image each is.
        draw: the true images under any do(finding, artifact).
    """

    finding_name: str
    artifact_name: str
    finding: np.ndarray
    artifact: np.ndarray
    patients: np.ndarray
    draw: Draw

    def __len__(self) -> int:
        return len(self.finding)

    @property
    def group(self) -> np.ndarray:
        """The group of each image (N,): 2 finding + artifact, of `groups`."""
        return 2 * self.finding + self.artifact

    @property
    def groups(self) -> tuple[str, ...]:
        return tuple(
            f"{f} {self.finding_name}, {a} {self.artifact_name}" for f in ("no", "with") for a in ("no", "with")
        )

    @cached_property
    def images(self) -> Tensor:
        """float32 (N, 1, S, S) in [0, 1], as all images here."""
        return self.draw(np.arange(len(self)), self.finding, self.artifact)

    @cached_property
    def with_artifact(self) -> Tensor:
        """The true twin of each image under do(artifact = 1): the image itself where it has the artifact."""
        return self._twin(self.finding, np.ones_like(self.artifact))

    @cached_property
    def without_artifact(self) -> Tensor:
        """Under do(artifact = 0)."""
        return self._twin(self.finding, np.zeros_like(self.artifact))

    @cached_property
    def with_finding(self) -> Tensor:
        """Under do(finding = 1)."""
        return self._twin(np.ones_like(self.finding), self.artifact)

    @cached_property
    def without_finding(self) -> Tensor:
        """Under do(finding = 0)."""
        return self._twin(np.zeros_like(self.finding), self.artifact)

    @cached_property
    def mask(self) -> Tensor:
        """bool (N, 1, S, S): the pixels that the artifact changes, where it is or would be."""
        return (self.with_artifact - self.without_artifact).abs() > CHANGED

    def _twin(self, finding: np.ndarray, artifact: np.ndarray) -> Tensor:
        """The images where they are so already; only the others are drawn."""
        images, rows = self.images.clone(), np.flatnonzero((finding != self.finding) | (artifact != self.artifact))
        if len(rows):
            images[torch.from_numpy(rows)] = self.draw(rows, finding[rows], artifact[rows])
        return images


def planted(
    correlation: float,
    count: int,
    size: int = 64,
    seed: int = 0,
    finding: str = "Pleural Effusion",
    artifact: str = "pacemaker",
    mildest: float = 0.3,
    **world: float,
) -> Planted:
    """`count` phantoms of `size` pixels in which finding and artifact are planted.

    Sets of different seeds have no patient in common. finding, artifact, mildest: as of `Planting`. world: settings of
    the phantom world, such as common=0.3; QUIET where they are not given. Raises BadInput for a correlation outside
    [0.5, 1], and as `Planting` and `World`.
    """
    planting, made = Planting(finding, artifact, mildest), World(size=size, **(QUIET | world))  # type: ignore[arg-type]
    present, has = assigned(count, correlation, seed)

    def draw(rows: np.ndarray, finding: np.ndarray, artifact: np.ndarray) -> Tensor:
        return planting.set(made.at(seed, rows), finding, artifact).images

    patients = np.array([f"phantom-{seed}-{row:06d}" for row in range(count)])
    return Planted(planting.finding, planting.artifact, present, has, patients, draw)

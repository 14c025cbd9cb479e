"""Images with a finding and an artifact, each there or not."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from causaray.cohorts.planted import Planted


@dataclass(frozen=True, eq=False)
class Rows:
    """N images, read when they are asked for.

    images: row numbers (B,) to images (B, 1, S, S) in [0, 1]. finding, artifact: bool (N,). patients: (N,).
    """

    images: Callable[[np.ndarray], np.ndarray | Tensor]
    finding: np.ndarray
    artifact: np.ndarray
    patients: np.ndarray

    def __len__(self) -> int:
        return len(self.finding)

    @property
    def group(self) -> np.ndarray:
        """2 finding + artifact (N,), as `Planted.group`."""
        return 2 * self.finding.astype(int) + self.artifact.astype(int)


def rows_of_planted(made: Planted) -> Rows:
    """The rows of a planted world."""
    return Rows(lambda rows: made.images[rows], made.finding == 1, made.artifact == 1, made.patients)

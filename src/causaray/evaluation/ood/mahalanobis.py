"""Is this image like those that an editor learned from? Mahalanobis distance of features (Lee et al. 2018).

Each training cohort is a Gaussian with its own mean in the features of the judge's nets; the covariance is shared, and
shrunk. The distance is that to the nearest mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from causaray.classifiers.judge import Judge
from causaray.errors import BadInput
from causaray.evaluation.images.features import Extract, chest_encoder
from causaray.writing import whole_file

FILE = "typical.safetensors"
SHRINKAGE = 0.1
"""Of the mean variance, added to every variance."""
KEPT = 0.99
"""Share of the held-out images that lie within the limit."""


@dataclass(frozen=True, eq=False)
class Typical:
    """Where the training images lie among the features (d,) of `extract`.

    means: (cohorts, d). whitening: (d, d), after which the shared covariance is the identity. limit: the distance
    within which the share KEPT of held-out images lies. digest: of the judge whose features these are.
    """

    extract: Extract
    means: Tensor
    whitening: Tensor
    limit: float
    digest: str

    @classmethod
    def fit(cls, judge: Judge, training: Sequence[np.ndarray], held_out: np.ndarray) -> Self:
        """From features (n, d) of the training images of each cohort, and of held-out images of all of them."""
        means = [torch.from_numpy(directions(one).mean(0)) for one in training]
        apart = torch.cat([torch.from_numpy(directions(one)) - mean for one, mean in zip(training, means, strict=True)])
        variances, axes = torch.linalg.eigh(apart.double().T @ apart.double() / len(apart))
        whitening = (axes / (variances + SHRINKAGE * variances.mean()).sqrt()).float()
        made = cls(chest_encoder(judge), torch.stack(means), whitening, float("inf"), judge.digest)
        limit = float(np.quantile(made.distance(held_out), KEPT))
        return cls(made.extract, made.means, whitening, limit, judge.digest)

    @classmethod
    def load(cls, folder: Path, judge: Judge) -> Self | None:
        """Read what `save` wrote to a weights folder; None where there is none, or it is of another judge.

        Raises BadInput for a file that is damaged.
        """
        path = folder / FILE
        if not path.is_file():
            return None
        try:
            with safe_open(path, "pt") as file:
                if (file.metadata() or {}).get("judge") != judge.digest:
                    return None
                means, whitening, limit = (file.get_tensor(name) for name in ("means", "whitening", "limit"))
        except (OSError, SafetensorError) as error:
            raise BadInput(f"{path} cannot be read; fit it again, or delete it.") from error
        return cls(chest_encoder(judge), means, whitening, float(limit), judge.digest)

    def save(self, folder: Path) -> None:
        """Write FILE into a weights folder."""
        tensors = {"means": self.means, "whitening": self.whitening.contiguous(), "limit": torch.tensor(self.limit)}
        with whole_file(folder / FILE) as beside:
            beside.write_bytes(save(tensors, {"judge": self.digest}))

    def distance(self, features: np.ndarray) -> np.ndarray:
        """Of features (N, d) to the nearest cohort's mean: (N,)."""
        away = torch.from_numpy(directions(features))[:, None] - self.means
        return (away @ self.whitening).norm(dim=2).amin(1).numpy()

    def told(self, images: Tensor) -> list[dict[str, Any]]:
        """What records say of images (B, 1, S, S) in [0, 1]: "distance", "limit", and whether the image is "unlike"."""
        distances = self.distance(self.extract(images).numpy())
        return [
            {"distance": round(float(d), 2), "limit": round(self.limit, 2), "unlike": bool(d > self.limit)}
            for d in distances
        ]


def directions(features: np.ndarray) -> np.ndarray:
    """Features (N, d) scaled to length 1, float32."""
    return (features / np.linalg.norm(features, axis=1, keepdims=True)).astype(np.float32)

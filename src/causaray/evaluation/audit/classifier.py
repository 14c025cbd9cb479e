"""Any classifier that can be audited, behind one face: images in, probabilities of its findings out."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from causaray.evaluation.audit.interface import Interface

BATCH = 8


@dataclass(frozen=True)
class Classifier:
    """One that can be asked.

    Attributes:
        name: of its file or folder, and `digest` the SHA-256 of the file, in hexadecimal.
        interface: how it is asked, and what its answers are.
        side: of the images it takes in pixels, None for any; `channels` is 1 or 3, `batch` how many it takes at once.
        run: float32 (B, channels, side, side) to outputs (B, n).
        net: the same of tensors, of which gradients can be asked; None where there are none.
    """

    name: str
    digest: str
    interface: Interface
    side: int | None
    channels: int
    run: Callable[[np.ndarray], np.ndarray]
    batch: int = BATCH
    net: Callable[[Tensor], Tensor] | None = None

    def predict(self, images: Tensor) -> np.ndarray:
        """Probabilities (B, n) of the findings for images (B, 1, S, S) in [0, 1]. Raises BadInput for what is none."""
        parts = (self.interface.prepared(part, self.side, self.channels) for part in images.split(self.batch))
        return self.interface.probabilities(np.concatenate([self.run(part.numpy()) for part in parts]))


def answers_of(net: Callable[[Tensor], Tensor]) -> Callable[[np.ndarray], np.ndarray]:
    """What a torch net answers, as `Classifier.run`: arrays in and out, without gradients."""

    @torch.inference_mode()
    def run(images: np.ndarray) -> np.ndarray:
        return net(torch.from_numpy(np.ascontiguousarray(images))).numpy()

    return run

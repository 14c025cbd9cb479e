"""Which digit is it? A classifier that no editor was trained, guided or chosen by."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor

from causaray import weightfiles
from causaray.editors.saved import load_weights
from causaray.systems.causal_disentanglement.digits.digit_classifier import DigitClassifier

METHOD = SHIPPED = "digit-judge"


@dataclass(frozen=True, eq=False)
class DigitJudge:
    """`digest` is the SHA-256 of its weights, in hexadecimal."""

    net: DigitClassifier
    digest: str

    @classmethod
    def load(cls, folder: Path | str = SHIPPED) -> Self:
        """Read what `training.digit_judge` wrote. Raises BadInput when the folder holds something else."""
        found = weightfiles.find(folder)
        net, _ = load_weights(found, METHOD, lambda config: DigitClassifier())
        return cls(net.eval(), weightfiles.digest(found))

    @torch.inference_mode()
    def predict(self, images: Tensor, batch: int = 500) -> np.ndarray:
        """The likeliest digit (N,) of images (N, 1, 32, 32) in [0, 1]."""
        return torch.cat([self.net(part).argmax(1) for part in images.split(batch)]).numpy()

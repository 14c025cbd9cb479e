"""What has to be known of a classifier to ask it anything: its findings, the grey values it takes, what it gives."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from torch import Tensor

from causaray.errors import BadInput
from causaray.nets.finding_classifier import resize
from causaray.ranges import to_range

KEYS = ("findings", "range", "output", "threshold")
"""Of the metadata of an ONNX model, of config.json, and of what the user says instead."""
RANGES = ("unit", "imagenet", "torchxrayvision")
OUTPUTS = ("probability", "logit")
MOST_FINDINGS = 1000


@dataclass(frozen=True)
class Interface:
    """How a classifier is asked, and how its answer is read.

    Attributes:
        findings: name of each output, in order.
        range: of the grey values it takes: "unit" [0, 1], "imagenet" (standardised as photographs are) or
            "torchxrayvision" [-1024, 1024].
        output: whether each output is a "probability" or a "logit".
        threshold: the probability from which on it says that a finding is there, in (0, 1).
    """

    findings: tuple[str, ...]
    range: str = "unit"
    output: str = "probability"
    threshold: float = 0.5

    @classmethod
    def of(cls, said: Mapping[str, str]) -> Self:
        """From KEYS and their values as text: `findings` is a JSON list, or names parted by commas.

        Raises BadInput for another range or output, a threshold outside (0, 1), and where no finding is named.
        """
        findings = _names(said.get("findings", ""))
        for key, known in (("range", RANGES), ("output", OUTPUTS)):
            if said.get(key, known[0]) not in known:
                raise BadInput(f'The {key} "{said[key][:40]}" of the model is none of {", ".join(known)}.')
        return cls(findings, said.get("range", "unit"), said.get("output", OUTPUTS[0]), _threshold(said))

    def prepared(self, images: Tensor, side: int | None, channels: int) -> Tensor:
        """Images (B, 1, S, S) in [0, 1] as the classifier takes them: float32 (B, channels, side, side).

        They keep their size where the classifier takes any.
        """
        return to_range(resize(images, side) if side else images, self.range, channels)

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """What it gave for B images, as probabilities (B, n). Raises BadInput for what is no such thing."""
        if outputs.ndim != 2 or outputs.shape[1] != len(self.findings):
            shape, names = " x ".join(map(str, outputs.shape[1:])), len(self.findings)
            raise BadInput(f"The model gives {shape or 'one'} numbers an image, where {names} findings are named.")
        if not np.isfinite(outputs).all():
            raise BadInput("The model gives no finite numbers; check the range of grey values that it expects.")
        if self.output == "logit":
            return 1 / (1 + np.exp(-outputs.astype(float).clip(-700, 700)))
        if outputs.min() < 0 or outputs.max() > 1:
            worst = outputs.flat[np.abs(outputs - 0.5).argmax()]
            raise BadInput(f"The model gives {worst:g}, which is no probability; say that its output is a logit.")
        return outputs.astype(float)


def _names(said: str) -> tuple[str, ...]:
    try:
        listed = json.loads(said)
    except ValueError:
        listed = [name.strip() for name in said.split(",") if name.strip()]
    if not isinstance(listed, list) or not listed or not all(isinstance(name, str) and name for name in listed):
        raise BadInput(
            "It is not known which findings the outputs of the model are; name them in its metadata "
            "(findings), or by --model-findings."
        )
    if len(set(listed)) < len(listed) or len(listed) > MOST_FINDINGS:
        raise BadInput("The findings of the model's outputs are not each named once.")
    return tuple(name.replace("_", " ") for name in listed)


def _threshold(said: Mapping[str, str]) -> float:
    try:
        threshold = float(said.get("threshold", "0.5"))
    except ValueError:
        threshold = math.nan
    if not 0 < threshold < 1:
        raise BadInput(f'The threshold "{said["threshold"][:40]}" of the model is not between 0 and 1.')
    return threshold

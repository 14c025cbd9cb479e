"""What is asked of digits, and what an editor makes of it."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts.morphomnist import CLASSES, Digits

Observation = dict[str, Tensor]
BATCH = 250


class DigitEditor(Protocol):
    """The two verbs of the public benchmark (Melistas et al. 2024), abduction, and action with prediction; and the
    plain reconstruction of an observation's images (N, 1, 32, 32), a control."""

    def encode(self, **observation: Tensor) -> dict[str, Any]: ...

    def decode(self, interventions: Mapping[str, Tensor] | None = None, **noise: Any) -> Observation: ...

    def reconstruct(self, **observation: Tensor) -> Tensor: ...


def draw_interventions(held_out: Digits, marginal: Digits, seed: int = 0) -> dict[str, Observation]:
    """One intervention a digit of each kind: {"thickness": {"thickness": (N, 1)}, ...}.

    Thickness and intensity are drawn, each by itself, from all values of `marginal`; the digit evenly from the other
    nine.
    """
    rng, n = np.random.default_rng(seed), len(held_out)
    other = (held_out.digit.astype(np.int64) + rng.integers(1, CLASSES, n)) % CLASSES
    return {
        "thickness": {"thickness": torch.from_numpy(rng.choice(marginal.thickness, n)[:, None])},
        "intensity": {"intensity": torch.from_numpy(rng.choice(marginal.intensity, n)[:, None])},
        "digit": {"digit": torch.nn.functional.one_hot(torch.from_numpy(other), CLASSES).float()},
    }


def counterfactual(editor: DigitEditor, observation: Observation, interventions: Observation) -> Observation:
    """decode(interventions, **encode(**observation)), so many rows at a time."""
    parts = []
    for start in range(0, len(observation["image"]), BATCH):
        seen, asked = ({k: v[start : start + BATCH] for k, v in x.items()} for x in (observation, interventions))
        parts.append(editor.decode(asked, **editor.encode(**seen)))
    return {name: torch.cat([part[name] for part in parts]) for name in observation}

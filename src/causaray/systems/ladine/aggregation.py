"""Stage 3: many drawn labels to one probability with its uncertainty, and the temperature, found on split val.

Drawn probabilities are (M, S, B, K): of M members, S samples each.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

LOW, HIGH = 0.025, 0.975
COLDEST, HOTTEST = 0.02, 20.0
"""Between these the temperature is looked for."""


def bilevel(drawn: Tensor) -> Tensor:
    """(B, K): the mean over members of each member's mean over its samples."""
    return drawn.mean(1).mean(0)


@dataclass(frozen=True)
class Uncertainty:
    """Of each image, over all samples of all members: (B,).

    width: of the prediction interval (PIW), from 2.5 % to 97.5 % of the drawn probabilities. variance: of the same.
    """

    width: Tensor
    variance: Tensor


def uncertainty(drawn: Tensor) -> Uncertainty:
    """How far the drawn probabilities of the last class disagree."""
    said = drawn[..., -1].flatten(0, 1)
    low, high = torch.quantile(said, torch.tensor([LOW, HIGH]), dim=0)
    return Uncertainty(high - low, said.var(0, correction=0))


def best_temperature(probabilities: Callable[[float], Tensor], labels: np.ndarray) -> float:
    """The temperature at which the labels (N,), 0 or 1, are likeliest.

    probabilities: temperature to (N, 2). Labels have to be those of split val.
    """
    from scipy.optimize import minimize_scalar

    truth = torch.from_numpy(labels).long()[:, None]

    def cost(log_temperature: float) -> float:
        said = probabilities(float(np.exp(log_temperature))).double().gather(1, truth)
        return float(-said.clamp(min=1e-7).log().mean())

    found = minimize_scalar(cost, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded")
    return float(np.exp(found.x))

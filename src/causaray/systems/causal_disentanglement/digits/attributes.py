"""Attributes in place of findings: what system 1 is told of a digit, and how far a prediction of it is off."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

COLUMNS = ("thickness", "intensity", *(f"digit {k}" for k in range(10)))
"""What a row of attributes (B, 12) holds: two standardised numbers, then the digit one-hot."""
NUMBERS = 2
HUBER, DIGIT = 0.03, 0.3


class AttributeScale(nn.Module):
    """Thickness and intensity to zero mean and unit deviation over the training digits, beside the one-hot digit."""

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(NUMBERS))
        self.register_buffer("deviation", torch.ones(NUMBERS))

    def fit(self, observation: Mapping[str, Tensor]) -> None:
        numbers = torch.cat([observation["thickness"], observation["intensity"]], dim=1)
        self.mean.copy_(numbers.mean(0))
        self.deviation.copy_(numbers.std(0))

    def forward(self, observation: Mapping[str, Tensor]) -> Tensor:
        """Attributes (B, 12) of thickness (B, 1), intensity (B, 1) and digit (B, 10)."""
        numbers = torch.cat([observation["thickness"], observation["intensity"]], dim=1)
        return torch.cat([(numbers - self.mean) / self.deviation, observation["digit"]], dim=1)


def attribute_loss(predicted: Tensor, attributes: Tensor) -> Tensor:
    """Huber loss of the numbers and cross-entropy of the digit, for predictions and attributes (B, 12)."""
    numbers = nn.functional.smooth_l1_loss(predicted[:, :NUMBERS], attributes[:, :NUMBERS], beta=HUBER)
    return numbers + DIGIT * nn.functional.cross_entropy(predicted[:, NUMBERS:], attributes[:, NUMBERS:])


def same_digit(attributes: Tensor, others: Tensor) -> Tensor:
    """(B,) true where two rows of attributes (B, 12) are of one digit."""
    return (attributes[:, NUMBERS:] == others[:, NUMBERS:]).all(1)


def mixed(attributes: Tensor, others: Tensor) -> Tensor:
    """Rows of attributes (B, 12) with thickness, intensity and digit each taken from `others`, or not, by a coin."""
    coins = torch.rand(len(attributes), NUMBERS + 1, device=attributes.device) < 0.5
    taken = torch.cat([coins, coins[:, -1:].expand(-1, attributes.shape[1] - NUMBERS - 1)], dim=1)
    return torch.where(taken, others, attributes)

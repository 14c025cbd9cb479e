"""Where labels lie while they are diffused, and how a diffused label is read as a probability.

`Simplex` is the paper's: noise takes a label out of the simplex, and a distance to the corner brings it back. `Logits`
is the correction of Simplex-Aligned Diffusion (MIDL 2026): whatever is drawn is a point of the simplex.
"""

from typing import Literal, Protocol

from torch import Tensor

EDGE = 0.001
"""How far labels are kept from 0 and 1."""
LabelSpaceName = Literal["simplex", "logits"]


class LabelSpace(Protocol):
    """Probabilities are (..., K) and sum to 1; labels y are (..., K) of any size."""

    def place(self, probabilities: Tensor) -> Tensor:
        """The label y that stands for probabilities, those of a guide or 0 and 1 of the truth."""

    def read(self, y: Tensor, temperature: float) -> Tensor:
        """The probabilities that a label drawn by the diffusion says, at the temperature if they depend on it."""

    def temper(self, probabilities: Tensor, temperature: float) -> Tensor:
        """The temperature on the mean of what was read, if it was not in the reading."""


class Simplex:
    """The paper's: y are probabilities in [EDGE, 1 - EDGE], read as softmax(-(y - 1)^2 / tau)."""

    def place(self, probabilities: Tensor) -> Tensor:
        return probabilities.clamp(EDGE, 1 - EDGE)

    def read(self, y: Tensor, temperature: float) -> Tensor:
        return (-((y - 1) ** 2) / temperature).softmax(-1)

    def temper(self, probabilities: Tensor, temperature: float) -> Tensor:
        return probabilities


class Logits:
    """u = log y - mean log y (centred log-ratio) of smoothed probabilities, read as softmax(u)."""

    def place(self, probabilities: Tensor) -> Tensor:
        k = probabilities.shape[-1]
        logs = (probabilities * (1 - EDGE) + EDGE / k).log()
        return logs - logs.mean(-1, keepdim=True)

    def read(self, y: Tensor, temperature: float) -> Tensor:
        return y.softmax(-1)

    def temper(self, probabilities: Tensor, temperature: float) -> Tensor:
        return tempered(probabilities, temperature)


def tempered(probabilities: Tensor, temperature: float) -> Tensor:
    """Probabilities (..., K) at a temperature: p^(1 / tau), normalised (Guo et al. 2017)."""
    return (probabilities.clamp(min=1e-7).log() / temperature).softmax(-1)


SPACES: dict[LabelSpaceName, LabelSpace] = {"simplex": Simplex(), "logits": Logits()}

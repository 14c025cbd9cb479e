"""A trained forecaster: what may come of a patient under each treatment, as sampled paths."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from causaray import weightfiles
from causaray.editors.saved import load_weights, save_weights
from causaray.errors import BadInput
from causaray.nets.tabular import table_values
from causaray.systems.neural_sde import METHOD
from causaray.systems.neural_sde.image_encoder import ImageEncoder
from causaray.systems.neural_sde.model import NeuralSDE, Shape

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.9
"""Of the intervals."""
PHANTOMS = (
    "This model learned from phantoms, drawn chests whose diseases follow an equation. It knows nothing of real "
    "patients: nothing here claims to know a real patient's future."
)
REAL = "This is a model's answer from {patients} patients: nothing here claims to know a real patient's future."


@dataclass(frozen=True, eq=False)
class Forecast:
    """Sampled outcomes of one patient: treatment -> (K, T, F), in the unit of each outcome, path k of all treatments
    under the same noise. days (T,)."""

    outcomes: tuple[str, ...]
    days: tuple[float, ...]
    paths: Mapping[str, np.ndarray]

    def summary(self, treatment: str) -> dict[str, np.ndarray]:
        """ "value", "low" and "high" (T, F): the mean of the paths, and the ends of their LEVEL interval."""
        return _summary(self.paths[treatment])

    def difference(self, treatment: str, other: str) -> dict[str, np.ndarray]:
        """The same of treatment - other, path by path, and the "share" of paths in which it is below 0.

        An interval of what the model holds possible for one patient, not of a mean effect.
        """
        change = self.paths[treatment] - self.paths[other]
        return _summary(change) | {"share": (change < 0).mean(0)}


class ForecasterNet(nn.Module):
    """The equation, and the image encoder where there are images."""

    def __init__(self, model: NeuralSDE, encoder: ImageEncoder | None) -> None:
        super().__init__()
        self.model, self.encoder = model, encoder


@dataclass(frozen=True, eq=False)
class Forecaster:
    """Weights of system 8, opened. `config` is what config.json says."""

    net: ForecasterNet
    config: Mapping[str, Any]
    digest: str = ""

    @classmethod
    def load(cls, weights: str | Path) -> Self:
        """Of the name of shipped weights, or of a folder. Raises BadInput where it holds no forecaster."""
        folder = weightfiles.find(weights)
        net, config = load_weights(folder, METHOD, _built)
        return cls(net.eval(), config, weightfiles.digest(folder))

    def save(self, folder: Path) -> None:
        save_weights(self.net, self.config, folder)

    @property
    def shape(self) -> Shape:
        return self.net.model.shape

    @property
    def size(self) -> int | None:
        """Side in pixels of the images that it looks at; None where it looks at none."""
        return None if self.net.encoder is None else self.net.encoder.view.size

    @property
    def statement(self) -> str:
        """What it must not be taken for."""
        return PHANTOMS if self.config["phantoms"] else REAL.format(patients=self.config["patients"])

    def values(self, row: "pd.DataFrame | None") -> np.ndarray:
        """Values (N, C) of rows of a table; one row of nothing known when there is no table. BadInput as there."""
        columns = self.shape.columns
        return np.full((1, len(columns)), np.nan, np.float32) if row is None else table_values(row, columns)

    def check(self, treatments: Sequence[str], days: Sequence[float]) -> None:
        """Raises BadInput for a treatment that was never seen, and for days that cannot be forecast."""
        for treatment in treatments:
            if treatment not in self.shape.treatments:
                known = ", ".join(self.shape.treatments)
                raise BadInput(f'Treatment "{treatment}" was never seen in training; known are {known}.')
        if len(set(treatments)) < len(treatments) or not treatments:
            raise BadInput("Name one or more treatments, each of them once.")
        if not days or list(days) != sorted(set(days)):
            raise BadInput("Name one or more days, each later than the one before, such as 30,90,365.")
        if days[0] < 0:
            raise BadInput(f"Day {days[0]:g} lies before the image, which is of day 0; name days from 0 on.")
        if days[-1] > self.shape.horizon:
            raise BadInput(
                f"Day {days[-1]:g} lies beyond the {self.shape.horizon:g} days that were seen in training; "
                "name earlier ones."
            )

    @torch.inference_mode()
    def forecast(
        self,
        image: Tensor | None,
        values: np.ndarray,
        treatments: Sequence[str],
        days: Sequence[float],
        paths: int = 100,
        seed: int = 0,
    ) -> Forecast:
        """Sample the outcomes of one patient under each treatment, all under the same noise.

        image (1, 1, S, S) in [0, 1], of the model's size; values (1, C) as `values` gives them. Raises BadInput as
        `check`.
        """
        self.check(treatments, days)
        model, encoder = self.net.model, self.net.encoder
        features = torch.zeros(1, 0) if encoder is None or image is None else encoder(image)
        arms = torch.tensor([self.shape.treatments.index(treatment) for treatment in treatments])
        patient = model.patient(features, torch.from_numpy(values)).expand(len(arms), -1)
        at = model.steps(days)
        noise = model.noise(int(at.max()), paths, 1, torch.Generator().manual_seed(seed))
        states = model.states(patient, arms, noise.expand(-1, -1, len(arms), -1))
        outcomes = model.outcomes(states[at]).permute(2, 1, 0, 3).numpy()  # (arm, K, T, F)
        sampled = dict(zip(treatments, outcomes, strict=True))
        return Forecast(self.shape.outcomes, tuple(float(day) for day in days), sampled)


def _summary(paths: np.ndarray) -> dict[str, np.ndarray]:
    low, high = np.quantile(paths, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return {"value": paths.mean(0), "low": low, "high": high}


def _built(config: dict[str, Any]) -> ForecasterNet:
    shape, seen = Shape.read(config["model"]), config["encoder"]
    encoder = None if seen is None else ImageEncoder(len(shape.outcomes), **seen)
    return ForecasterNet(NeuralSDE(shape), encoder)

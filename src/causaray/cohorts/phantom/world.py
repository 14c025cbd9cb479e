"""The phantom world: chests whose every cause is known, and what each would look like were a cause another."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from causaray.cohorts.phantom.exogenous import Draws, draw
from causaray.cohorts.phantom.model import Values, solve
from causaray.cohorts.phantom.render import regions, render
from causaray.cohorts.phantom.request import Do, interventions
from causaray.cohorts.phantom.settings import Settings
from causaray.cohorts.phantom.shown import findings_of
from causaray.findings import Findings

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Phantoms:
    """n phantoms: `exogenous` draws, the `values` of every variable of the model, and what of them was set (`do`).

    Values are float64 arrays (n,), or (n, 2) for the right (column 0) and the left side (column 1); see `model`.
    """

    world: "World"
    seed: int
    indices: np.ndarray
    exogenous: Draws
    do: Values
    values: Values

    def __len__(self) -> int:
        return len(self.indices)

    @cached_property
    def images(self) -> Tensor:
        """float32 (n, 1, S, S) in [0, 1], bone bright; the patient's left is at the image's right."""
        return render(self.values, self.exogenous, self.seed, self.indices, self.world.size)

    @cached_property
    def regions(self) -> dict[str, Tensor]:
        """Boolean (n, 1, S, S): where the right lung, the left lung and the heart (with the mediastinum) are."""
        return regions(self.values, self.exogenous, self.world.size)

    @cached_property
    def findings(self) -> list[Findings]:
        """What each shows, everything the world knows of being said to be present or absent."""
        return [findings_of(self.values, row) for row in range(len(self))]

    @cached_property
    def causes(self) -> "pd.DataFrame":
        """The values as a table, those of two sides as columns "NAME right" and "NAME left"."""
        import pandas as pd

        columns: dict[str, np.ndarray] = {}
        for name, value in self.values.items():
            sides = {f"{name} right": value[:, 0], f"{name} left": value[:, 1]} if value.ndim == 2 else {name: value}
            columns |= sides
        return pd.DataFrame(columns, index=self.indices)

    def rows(self, chosen: Sequence[int] | np.ndarray) -> "Phantoms":
        """Those at `chosen`, in this order."""
        draws, do, values = (
            {name: column[np.asarray(chosen)] for name, column in table.items()}
            for table in (self.exogenous, self.do, self.values)
        )
        return Phantoms(self.world, self.seed, self.indices[np.asarray(chosen)], draws, do, values)


@dataclass(frozen=True)
class World(Settings):
    """A phantom world. `World(size=128).sample(100, seed=0).images` are 100 radiographs.

    >>> patients = world.sample(8, seed=0)
    >>> truth = world.counterfactual(patients, {"Pleural Effusion": Setting(severity=0.6, side="left")})
    """

    def sample(self, n: int, seed: int = 0) -> Phantoms:
        """Phantoms 0 to n - 1 of `seed`; a phantom depends on the settings, the seed and its number alone."""
        return self.at(seed, np.arange(n))

    def at(self, seed: int, indices: Sequence[int] | np.ndarray) -> Phantoms:
        """The phantoms of `seed` with these numbers."""
        draws = draw(seed, indices)
        return Phantoms(self, seed, np.asarray(indices), draws, {}, solve(draws, self, {}))

    def counterfactual(self, phantoms: Phantoms, do: Do) -> Phantoms:
        """The same patients in the same room, had `do` been so: abduction is exact, the exogenous draws being known.

        What was set in `phantoms` stays set. Raises BadInput for what the world does not have.
        """
        done = dict(phantoms.do) | interventions(do, phantoms.values, phantoms.exogenous)
        values = solve(phantoms.exogenous, self, done)
        return Phantoms(self, phantoms.seed, phantoms.indices, phantoms.exogenous, done, values)

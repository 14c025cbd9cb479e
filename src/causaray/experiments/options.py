"""What an experiment of a paper is run with."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from causaray.errors import BadInput


@dataclass(frozen=True)
class ExperimentOptions:
    """The arguments of `causaray reproduce`; see there what each means. `name` is the experiment's."""

    name: str
    out: Path
    recipe: str | Path | None
    cohorts: tuple[Path, ...]
    prior: str | Path | None
    judge: str
    references: str | Path | None
    seeds: int
    limit: int | None
    steps: int
    lr: float | None
    methods: tuple[str, ...]
    work: Path
    command: str
    tell: Callable[[str], None]

    def needed_prior(self) -> str | Path:
        """The prior. Raises BadInput where none is named."""
        if self.prior is None:
            raise BadInput(f"{self.name} is an experiment on a prior; name one with --prior.")
        return self.prior

    def needed_cohorts(self) -> tuple[Path, ...]:
        """The cohorts. Raises BadInput where none is named."""
        if not self.cohorts:
            raise BadInput(f"{self.name} needs cohorts; name them with --cohorts.")
        return self.cohorts

    def needed_recipe(self) -> str | Path:
        """The recipe. Raises BadInput where none is named."""
        if self.recipe is None:
            raise BadInput(f"{self.name} compares what recipes make; name one with --recipe.")
        return self.recipe

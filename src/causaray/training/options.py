"""What is said of a run from outside of its recipe, as it changes nothing that is learned."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class RunOptions:
    """keep: how many of the last checkpoints stay, the best one beside them where there are several; every: updates
    between two checkpoints, the training's own when None; track: where losses go to beside the CSV file, such as
    "tensorboard"."""

    keep: int = 1
    every: int | None = None
    track: tuple[str, ...] = ()


_options: ContextVar[RunOptions] = ContextVar("run options")


@contextmanager
def run_options(options: RunOptions) -> Iterator[None]:
    """Every training within is run so."""
    before = _options.set(options)
    try:
        yield
    finally:
        _options.reset(before)


def current() -> RunOptions:
    """How trainings are run here."""
    return _options.get(RunOptions())

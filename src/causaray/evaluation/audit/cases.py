"""The images in which a perturbation moved a classifier most, for people to look at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from causaray.counterfactual import MARK
from causaray.evaluation.audit.measures import Answers
from causaray.evaluation.audit.perturbations import ARTIFACTS, DISEASE, Pair
from causaray.imagefiles import Panel, diverging
from causaray.place import CHANGED

SHOWN = (DISEASE, *ARTIFACTS)
FROM_FACTUAL = ("device", "marker_erased")
"""Those that begin with the radiograph as it is."""
EACH = 2


@dataclass(frozen=True)
class Case:
    """One image (S, S) in [0, 1] before and after a perturbation, and the probabilities of it."""

    perturbation: str
    before: np.ndarray
    after: np.ndarray
    said_before: float
    said_after: float

    def panels(self) -> list[Panel]:
        """Before, after and difference, what is no radiograph marked SYNTHETIC; full colour is the largest change."""
        change = self.after - self.before
        limit = max(float(np.abs(change).max()), CHANGED)
        name = self.perturbation.replace("_", " ")
        return [
            Panel(self.before, f"before: {self.said_before:.2f}", "" if self.perturbation in FROM_FACTUAL else MARK),
            Panel(self.after, f"{name}: {self.said_after:.2f}", MARK),
            Panel(diverging(change, limit), "difference"),
        ]


def worst(said: Mapping[str, Answers], pairs: Mapping[str, Pair], column: int) -> Iterator[Case]:
    """The largest changes of the output of one finding, EACH of every perturbation of SHOWN, the largest first."""
    for name in SHOWN:
        before, after = said[name].before[:, column], said[name].after[:, column]
        for row in np.argsort(-np.abs(after - before), kind="stable")[:EACH]:
            pair = pairs[name]
            pictures = pair.before[row, 0].numpy(), pair.after[row, 0].numpy()
            yield Case(name, *pictures, float(before[row]), float(after[row]))

"""The editors that can be measured: weights of ours, and whatever made a folder of edited images."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from torch import Tensor

from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort
from causaray.devices import AUTO
from causaray.editors.spec import EditorSpec
from causaray.evaluation.edits.by_editor import EditorCandidate, Settings
from causaray.evaluation.edits.edited_cohort import EditedCohort, Progress
from causaray.evaluation.edits.from_folder import TABLE, EditedFolder
from causaray.finding import Finding


class Candidate(Protocol):
    """Where edits come from, and what is to be known of it."""

    @property
    def name(self) -> str:
        """Of the weights, or of the folder."""

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the weights, or of all that the folder holds."""

    @property
    def adds_only(self) -> bool:
        """Whether it adds findings and takes none away."""

    def check(self, cohort: Cohort, split: str, allow_trained: bool) -> None:
        """Raises BadInput when it cannot, or should not, be measured on this split."""

    def findings(self, name: str, rows: Cohort) -> tuple[str, ...]:
        """What can be added and removed in the cohort called `name`."""

    def edits(self, name: str, rows: Cohort, findings: tuple[str, ...], work: Path, progress: Progress) -> EditedCohort:
        """All `rows` with each of `findings` added and removed; `work` keeps them for a run that is stopped."""

    def answerable(self, rows: Cohort, requests: Sequence[Finding]) -> np.ndarray:
        """Of drawn pairs, whether each can be asked for: bool (N,). Raises BadInput where answers are missing."""

    def answers(
        self, rows: Cohort, images: Tensor, requests: Sequence[Finding], work: Path, progress: Progress
    ) -> Tensor:
        """Of drawn pairs: `images` (N, 1, S, S) of the rows, edited each by its own request."""

    def segmented(self, images: Tensor, names: Sequence[str]) -> Tensor | None:
        """How much of each place of images (N, 1, S, S) the one finding named for each takes, (N, 1, p, p); or None."""

    def about(self) -> dict[str, Any]:
        """What metrics.json says of it."""


def shared_findings(candidates: Iterable[Candidate], judge: Judge, name: str, rows: Cohort) -> tuple[str, ...]:
    """What all candidates and the judge know of the cohort called `name`, in the order of the first candidate."""
    first, *others = [one.findings(name, rows) for one in candidates]
    return tuple(f for f in first if f in judge.names and all(f in known for known in others))


def candidate(named: str | Path, settings: Settings, device: str = AUTO) -> Candidate:
    """The editor that is meant: a folder of edited images, or what `EditorSpec.read` reads.

    `settings` and device are for weights. Raises BadInput when it is none of them, or does not hold what it should.
    """
    if (Path(named) / TABLE).is_file():
        return EditedFolder.open(Path(named))
    return EditorCandidate.open(EditorSpec.read(named), settings, device)

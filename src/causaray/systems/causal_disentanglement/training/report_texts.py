"""What a prior that reads text is told of the images: their reports as they are, or refined to findings."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts.batches import Batch
from causaray.cohorts.cohort import Cohort
from causaray.cohorts.reports import reports_of
from causaray.reports.rules import read_report
from causaray.systems.causal_disentanglement.texts import parts, tokens, vocabulary_of


class Texts:
    """A text for each row of a cohort, as word numbers of the `vocabulary` that they use.

    Raises BadInput for a cohort without reports.
    """

    def __init__(self, cohort: Cohort, refined: bool, seed: int) -> None:
        written = reports_of(cohort)
        self.texts: Sequence[str] = [read_report(t).findings.to_text() for t in written] if refined else written
        self.vocabulary = vocabulary_of(self.texts)
        self.rng = np.random.default_rng(seed)

    def of(self, batch: Batch) -> Tensor:
        """Word numbers (B, L) of the texts of a batch, of each a random share of its parts, so that a prompt of one
        finding is as familiar as a whole report."""
        return tokens([self._some(self.texts[row]) for row in batch.rows.tolist()], self.vocabulary)

    def _some(self, text: str) -> str:
        share = self.rng.random()
        return " ".join(part for part in parts(text) if self.rng.random() < share)


def some_withheld(words: Tensor, null: float) -> Tensor:
    """Word numbers (B, L), with probability `null` none of a row: the null condition."""
    return words * (torch.rand(len(words), 1, device=words.device) >= null)

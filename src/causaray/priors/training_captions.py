"""The captions of a cohort that a prior learns from."""

from collections.abc import Iterator, Sequence

import numpy as np

from causaray.cohorts.cohort import Cohort
from causaray.cohorts.phantom.cohort import NAME as PHANTOM
from causaray.cohorts.phantom.cohort import phantoms
from causaray.cohorts.trust import trusted_labels
from causaray.finding import Finding
from causaray.nets.words import vocabulary
from causaray.priors.captions import about, caption, told
from causaray.vocabulary import LOCATIONS, SEVERITIES, SIDES

Known = tuple[list[Finding], list[str]]
"""What is known of an image: its findings, and who is on it."""


def known_of(cohort: Cohort, names: Sequence[str]) -> list[Known]:
    """What is known of each row: trusted labels of `names`; of phantoms severity and place as well."""
    labels = trusted_labels(cohort, names)
    known: list[Known] = [
        (
            [
                Finding(name, "present" if label else "absent")
                for name, label in zip(names, row, strict=True)
                if label == label
            ],
            [],
        )
        for row in labels
    ]
    for i, findings in _of_phantoms(cohort):
        known[i] = ([finding for finding in findings if finding.name in names], [])
    return [(_agreeing(findings), about(cohort.study(i))) for i, (findings, _) in enumerate(known)]


def _agreeing(findings: list[Finding]) -> list[Finding]:
    """Without No Finding where a finding is there all the same: text-mined labels contradict themselves at times."""
    ill = any(finding.state == "present" and finding.name != "No Finding" for finding in findings)
    return [f for f in findings if not (ill and f == Finding("No Finding"))]


def _of_phantoms(cohort: Cohort) -> Iterator[tuple[int, list[Finding]]]:
    drawn = np.flatnonzero((cohort.table["cohort"] == PHANTOM).to_numpy())
    if not len(drawn):
        return
    mask = np.zeros(len(cohort), bool)
    mask[drawn] = True
    for rows, part in phantoms(cohort.subset(mask=mask)):
        for i, row in enumerate(rows):
            yield int(drawn[row]), list(part.findings[i])


class Captions:
    """A caption for each row of a cohort, another each time."""

    def __init__(self, cohort: Cohort, names: Sequence[str], null: float, seed: int) -> None:
        self.known, self.null, self.rng = known_of(cohort, names), null, np.random.default_rng(seed)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """All words that captions may have, those of every severity, side and place included."""
        said = (caption(findings, about) for findings, about in self.known)
        return vocabulary([*said, *SEVERITIES, *SIDES, *LOCATIONS, "no", "abnormal", "no finding"])

    def of(self, rows: Sequence[int]) -> list[str]:
        """Captions of these rows; of some nothing is said, the null condition."""
        return [self._one(row) for row in rows]

    def _one(self, row: int) -> str:
        return "" if self.rng.random() < self.null else told(*self.known[row], self.rng)

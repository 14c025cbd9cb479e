"""What changed, as a text says it by the house's reader of reports, and as it is known."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from causaray.evaluation.statistics.bootstrap import Estimate, ratio_of_means
from causaray.progression import Change
from causaray.reports.rules.engine import read_report

UP, DOWN = ("new", "worse"), ("better", "resolved")
"""The kinds of change after which there is more of a finding, and less."""
Told = frozenset[tuple[str, str]]
"""Finding and kind of change, of UP and DOWN."""


def read_changes(text: str) -> Told:
    """The changes that a text tells. Whatever else it says is passed over."""
    mentions = read_report(text).told
    return frozenset((m.finding.name, m.change) for m in mentions if m.change in (*UP, *DOWN))


def known_changes(changes: Iterable[Change]) -> Told:
    """The same of changes that are known; a finding that moved is left out, for a text may tell it in two ways."""
    found = ((change.after or change.before, change.kind) for change in changes)
    return frozenset((finding.name, kind) for finding, kind in found if finding and kind in (*UP, *DOWN))


def names(told: Told) -> frozenset[str]:
    """The findings of which something is told."""
    return frozenset(name for name, _ in told)


def f1_of(told: Sequence[frozenset[Any]], known: Sequence[frozenset[Any]], patients: np.ndarray) -> Estimate:
    """F1 of what is told of each pair against what is known of it, over all pairs, with its interval by patient."""
    both = [(2 * len(one & other), len(one) + len(other)) for one, other in zip(told, known, strict=True)]
    same, said = np.array(both, float).T
    return ratio_of_means(same, said, patients)

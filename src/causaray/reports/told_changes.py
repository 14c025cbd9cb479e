"""What changed, as a text says it by the house's reader of reports, and as it is known."""

from collections.abc import Iterable

from causaray.progression import Change
from causaray.reports.rules.engine import read_report

UP, DOWN = ("new", "worse"), ("better", "resolved")
"""The kinds of change after which there is more of a finding, and less."""
SIGN = dict.fromkeys(UP, 1) | dict.fromkeys(DOWN, -1)
Told = frozenset[tuple[str, str]]
"""Finding and kind of change, of UP and DOWN."""


def read_changes(text: str) -> Told:
    """The changes that a text tells. Whatever else it says is passed over, and what it denies ("no new edema"), too."""
    changes = ((m.finding, m.change) for m in read_report(text).told if m.change in SIGN)
    return frozenset(
        (finding.name, kind) for finding, kind in changes if kind and (finding.state != "absent" or kind == "resolved")
    )


def known_changes(changes: Iterable[Change]) -> Told:
    """The same of changes that are known; a finding that moved is left out, for a text may tell it in two ways."""
    found = ((change.after or change.before, change.kind) for change in changes)
    return frozenset((finding.name, kind) for finding, kind in found if finding and kind in SIGN)


def names(told: Told) -> frozenset[str]:
    """The findings of which something is told."""
    return frozenset(name for name, _ in told)


def signed(told: Told) -> frozenset[tuple[str, int]]:
    """Findings of which there is more afterwards (1), or less (-1)."""
    return frozenset((name, SIGN[kind]) for name, kind in told)

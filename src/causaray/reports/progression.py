"""What became of one patient's findings between two reports, of which neither tells everything."""

from collections.abc import Iterator
from dataclasses import replace

from causaray.finding import Finding
from causaray.findings import Findings
from causaray.progression import KINDS, Change, followed, joined, may_be_same_place
from causaray.reports.reading import Mention, Reading, merged
from causaray.vocabulary import NAMES

# What "no acute disease" denies: it is read as No Finding, and says nothing of what may have been there for years.
ACUTE = ("Edema", "Consolidation", "Pneumonia", "Infiltration", "COVID-19", "Pneumothorax", "Pleural Effusion")
_FOLLOWED = tuple(name for name in NAMES if name not in ("No Finding", "Support Devices"))


def progression(before: Reading, after: Reading) -> tuple[Change, ...]:
    """The changes from an earlier to a later report of one patient, new and worse first, unchanged last.

    What the later report says of a change (`Mention.change`) wins over the comparison of the two; where it does and the
    earlier report is silent, the earlier finding is taken to be the later one, with its severity only if unchanged.
    Otherwise a finding that one report does not mention is passed over: it is resolved only if the later report denies
    it, and new only if the earlier one does. A report without findings denies those in ACUTE. A name that is uncertain
    in either report is passed over but for what is said of its change, a finding whose severity neither tells is
    "persistent", and none is "moved": reports cannot tell that from one that went while another came. Support Devices
    are left out, for as a Finding one device cannot be told from another.
    """
    earlier, later = _there(before), _there(after)
    said = [mention for mention in after.told if mention.change]
    found = [change for name in _FOLLOWED for change in _changes_of(name, said, earlier, later)]
    return tuple(sorted(found, key=lambda change: KINDS.index(change.kind)))


def _changes_of(name: str, said: list[Mention], earlier: Findings, later: Findings) -> Iterator[Change]:
    said = [mention for mention in said if mention.finding.name == name]
    doubtful = any(finding.state == "uncertain" for finding in (*earlier, *later) if finding.name == name)
    sites = (site for change in followed(name, earlier, later) for site in _apart(change))
    judged = (_as_said(site, said) or (None if doubtful else _as_compared(site, earlier, later)) for site in sites)
    yield from joined(change for change in judged if change)
    yield from _gone_unseen(name, said, earlier, later)


def _there(reading: Reading) -> Findings:
    """The findings of a report, those that it says have resolved being absent in whatever severity."""
    facts = [mention for mention in reading.told if not _denies_only_a_change(mention)]
    return merged(replace(m.finding, state="absent", severity=None) if _resolved(m) else m.finding for m in facts)


def _denies_only_a_change(mention: Mention) -> bool:
    """Whether it is a mention like "no new opacity", which denies no old one."""
    return mention.finding.state == "absent" and mention.change in ("new", "worse", "better")


def _apart(change: Change) -> tuple[Change, ...]:
    """A finding that would have moved, as one that went and one that came."""
    if change.kind != "moved":
        return (change,)
    return Change("resolved", before=change.before), Change("new", after=change.after)


def _as_said(site: Change, said: list[Mention]) -> Change | None:
    """The change with the kind that the later report gives it at this place, or at one that may be it; else None."""
    finding = site.after or site.before
    assert finding is not None
    there = [m for m in said if _speaks_of(m, site) and may_be_same_place(m.finding, finding)]
    there.sort(key=lambda m: (m.finding.side, m.finding.location) != (finding.side, finding.location))
    if not there or there[0].change is None:
        return None
    kind = there[0].change
    before = None if kind == "new" else site.before or _earlier(finding, kind)
    return Change(kind, before, site.after)


def _speaks_of(mention: Mention, site: Change) -> bool:
    return _resolved(mention) if site.after is None else mention.finding.state == "present" and not _resolved(mention)


def _resolved(mention: Mention) -> bool:
    return mention.change == "resolved" and mention.finding.state != "uncertain"


def _earlier(finding: Finding, kind: str) -> Finding:
    return finding if kind == "unchanged" else replace(finding, severity=None)


def _as_compared(site: Change, earlier: Findings, later: Findings) -> Change | None:
    """The change as the comparison has it; None where the other report does not deny the finding."""
    if site.before is None or site.after is None:
        denying = earlier if site.before is None else later
        return site if any(_denies(one, site.after or site.before) for one in denying) else None
    untold = site.before.severity is None and site.after.severity is None
    return replace(site, kind="persistent") if untold else site


def _denies(one: Finding, finding: Finding | None) -> bool:
    """Whether `one` leaves no room for the finding at its place, in any severity."""
    if finding is None or one.severity:
        return False
    if (one.name, one.state) == ("No Finding", "present"):
        return finding.name in ACUTE
    everywhere = one.side in (None, "bilateral", finding.side) and one.location in (None, "diffuse", finding.location)
    return (one.name, one.state) == (finding.name, "absent") and everywhere


def _gone_unseen(name: str, said: list[Mention], earlier: Findings, later: Findings) -> Iterator[Change]:
    """What the later report says has resolved, and the earlier one did not mention."""
    gone = merged(replace(m.finding, state="present", severity=None) for m in said if _resolved(m))
    present = [one for one in (*earlier, *later) if one.name == name and one.state == "present"]
    unseen = (finding for finding in gone if not any(may_be_same_place(finding, one) for one in present))
    yield from (Change("resolved", before=finding) for finding in unseen)

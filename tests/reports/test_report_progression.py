"""Two reports of one patient: what the later one says of a change wins, and silence is no denial."""

from collections.abc import Sequence

import numpy as np
import pytest

from causaray.cohorts.phantom.reports import report
from causaray.finding import Finding
from causaray.findings import Findings, parse_prompt
from causaray.progression import Change, changed
from causaray.reports import Mention, Reading
from causaray.reports.progression import progression
from causaray.reports.reading import CHANGES
from causaray.reports.rules import read_report
from causaray.vocabulary import SEVERITIES


def reading(*said: str, section: str = "findings") -> Reading:
    """A reading of one finding a phrase, such as "mild left effusion: worse"."""
    return Reading("", (), tuple(mention for phrase in said for mention in mentions(phrase, section)))


def mentions(phrase: str, section: str) -> Sequence[Mention]:
    prompt, _, word = phrase.partition(": ")
    change = next((change for change in CHANGES if change == word), None)
    return [Mention(finding, 0, 0, section, change=change) for finding in parse_prompt(prompt)]


def kinds(before: list[str], after: list[str]) -> list[str]:
    return [change.kind for change in progression(reading(*before), reading(*after))]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # compared
        (["mild edema"], ["severe edema"], ["worse"]),
        (["severe edema"], ["mild edema"], ["better"]),
        (["mild edema"], ["mild edema"], ["unchanged"]),
        (["edema"], ["edema"], ["persistent"]),
        (["edema"], ["mild edema"], ["persistent"]),
        (["left effusion", "right effusion"], ["bilateral effusion"], ["persistent"]),
        # silence is no denial
        (["edema"], ["cardiomegaly"], []),
        (["edema"], ["no edema"], ["resolved"]),
        (["no edema"], ["edema"], ["new"]),
        (["no effusion"], ["no left effusion"], []),
        (["bilateral effusion"], ["left effusion"], ["persistent"]),
        (["bilateral effusion"], ["left effusion", "no right effusion"], ["resolved", "persistent"]),
        (["bilateral effusion"], ["no left effusion"], ["resolved"]),
        (["left effusion"], ["right effusion"], []),
        (["left effusion", "no right effusion"], ["right effusion", "no left effusion"], ["new", "resolved"]),
        (["severe edema"], ["no severe edema"], []),
        # a report without findings
        (["normal"], ["right lower lobe pneumonia"], ["new"]),
        (["normal"], ["apical fibrosis"], []),
        (["severe edema", "cardiomegaly"], ["normal"], ["resolved"]),
        # what is said wins
        (["mild edema"], ["severe edema: unchanged"], ["unchanged"]),
        (["severe edema"], ["edema: worse"], ["worse"]),
        (["edema"], ["edema: new"], ["new"]),
        (["edema"], ["no edema: resolved"], ["resolved"]),
        (["severe edema"], ["mild edema: resolved"], ["resolved"]),
        (["cardiomegaly"], ["edema: new"], ["new"]),
        (["cardiomegaly"], ["edema: worse"], ["worse"]),
        (["cardiomegaly"], ["no edema: resolved"], ["resolved"]),
        (["bilateral effusion"], ["left effusion: better", "right effusion: worse"], ["worse", "better"]),
        (["bilateral effusion"], ["no right effusion: resolved"], ["resolved"]),
        (["mild left effusion", "mild right effusion"], ["effusion: unchanged"], ["unchanged"]),
        # "no new opacity" denies no old one
        (["opacity"], ["no opacity: new"], []),
        (["no opacity: new"], ["opacity"], []),
        # doubt
        (["possible edema"], ["edema"], []),
        (["edema"], ["possible edema"], []),
        (["edema"], ["possible edema: resolved"], []),
        (["possible edema"], ["edema: worse"], ["worse"]),
        # one device cannot be told from another
        (["no support devices"], ["picc line: new"], []),
    ],
)
def test_kinds(before: list[str], after: list[str], expected: list[str]) -> None:
    assert kinds(before, after) == expected


def test_the_earlier_finding_is_its_own_or_taken_from_the_later_one() -> None:
    mild, severe = (Finding("Pleural Effusion", severity=severity, side="left") for severity in ("mild", "severe"))
    untold = Finding("Pleural Effusion", side="left")
    silent, later = reading("cardiomegaly"), ("severe left effusion: worse", "severe left effusion: unchanged")
    assert progression(reading("mild left effusion"), reading(later[0])) == (Change("worse", mild, severe),)
    assert progression(silent, reading(later[0])) == (Change("worse", untold, severe),)
    assert progression(silent, reading(later[1])) == (Change("unchanged", severe, severe),)
    assert progression(silent, reading("no small left effusion: resolved")) == (Change("resolved", untold),)


def test_what_findings_and_impression_both_say_has_resolved_is_told_once() -> None:
    later = reading("no effusion: resolved", "no left effusion: resolved")
    (change,) = progression(reading("cardiomegaly"), later)
    assert change == Change("resolved", Finding("Pleural Effusion", side="left"))


def test_only_what_is_said_of_the_image_counts() -> None:
    assert progression(reading("no edema"), reading("edema: new", section="indication")) == ()


def test_worse_comes_first_and_unchanged_last() -> None:
    before = ["mild edema", "moderate cardiomegaly", "no pneumothorax", "severe left effusion"]
    after = ["moderate cardiomegaly", "mild left effusion", "severe edema", "left pneumothorax"]
    assert kinds(before, after) == ["new", "worse", "better", "unchanged"]


def drawn(rng: np.random.Generator) -> Findings:
    """Each of some findings not mentioned, absent, or present on some side."""
    names, sides = (
        ("Pleural Effusion", "Consolidation", "Edema", "Pneumothorax", "Nodule"),
        ("left", "right", "bilateral"),
    )
    states = {name: rng.integers(4) for name in names}
    present = (Finding(n, "present", rng.choice(SEVERITIES), rng.choice(sides)) for n in names if states[n] == 1)
    return Findings((*present, *(Finding(name, "absent") for name in names if states[name] == 0)))


def told(found: tuple[Change, ...]) -> set[tuple[str, str, str | None]]:
    """Kind, name and side: how severe it was and is, is up to the reader."""
    return {(change.kind, one.name, one.side) for change in found if (one := change.after or change.before)}


def test_in_reports_of_phantoms_what_is_found_is_what_changed() -> None:
    for rng in map(np.random.default_rng, range(60)):
        before, after = drawn(rng), drawn(rng)
        earlier, later = read_report(report(before, rng)), read_report(report(after, rng, prior=before))
        truth = changed(before, after)
        if "moved" not in {change.kind for change in truth}:
            assert told(progression(earlier, later)) == told(truth)

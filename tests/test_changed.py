from dataclasses import replace

import numpy as np
import pytest

from causaray.findings import Finding, Findings, parse_prompt
from causaray.progression import Change, changed
from causaray.vocabulary import SEVERITIES

NAMES = ("Pleural Effusion", "Consolidation", "Edema")
OPPOSITE = {"new": "resolved", "resolved": "new", "worse": "better", "better": "worse"}


def kinds(before, after):
    return [change.kind for change in changed(parse_prompt(before), parse_prompt(after))]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("mild edema", "severe edema", ["worse"]),
        ("severe edema", "mild edema", ["better"]),
        ("edema", "edema", ["unchanged"]),
        ("edema", "mild edema", ["persistent"]),
        ("edema", "no edema", ["resolved"]),
        ("no edema", "edema", ["new"]),
        ("no edema", "no edema", []),
        ("possible edema", "edema", []),
        ("edema", "possible edema", []),
        ("normal", "edema", ["new"]),
        ("left effusion", "right effusion", ["moved"]),
        ("mild left upper lobe nodule", "large left lower lobe nodule", ["moved"]),
        ("left effusion", "mild left basal effusion", ["persistent"]),
        ("left effusion", "bilateral effusion", ["new", "unchanged"]),
        ("bilateral effusion", "left effusion", ["resolved", "unchanged"]),
        ("bilateral effusion", "effusion", ["unchanged"]),
        ("bilateral mild effusion", "bilateral large effusion", ["worse"]),
        ("mild left effusion, severe right effusion", "bilateral moderate effusion", ["worse", "better"]),
        ("left upper lobe nodule", "left lower lobe nodule, right apical nodule", ["new", "new", "resolved"]),
        ("right middle lobe consolidation", "severe left effusion", ["new", "resolved"]),
    ],
)
def test_kinds(before, after, expected):
    assert kinds(before, after) == expected


def test_sides_that_change_alike_are_one_change():
    (change,) = changed(
        parse_prompt("small left effusion, small right effusion"), parse_prompt("bilateral large effusion")
    )
    sides = Finding("Pleural Effusion", severity="mild", side="bilateral")
    assert change == Change("worse", sides, replace(sides, severity="severe"))


def drawn(rng):
    """For each name nothing, or one or two sites."""
    found = []
    for name in NAMES:
        sides = ((), ("left",), ("right",), ("bilateral",), ("left", "right"))[rng.integers(5)]
        for side in sides:
            place = (None, "upper lobe", "lower lobe")[rng.integers(3)]
            found.append(Finding(name, "present", SEVERITIES[rng.integers(3)], side, place))
    return Findings(found)


def sites(findings):
    """What is where, those on both sides as one on each."""
    both = {"bilateral": ("left", "right")}
    return sorted(str(replace(f, side=side)) for f in findings if f for side in both.get(f.side, (f.side,)))


PAIRS = [(drawn(rng), drawn(rng)) for rng in [np.random.default_rng(0)] for _ in range(150)]


def test_the_changes_account_for_all_that_was_and_all_that_is():
    for before, after in PAIRS:
        found = changed(before, after)
        assert sites(change.before for change in found) == sites(before)
        assert sites(change.after for change in found) == sites(after)


def test_time_reversed_new_is_resolved_and_worse_is_better():
    for before, after in PAIRS:
        forth = sorted(OPPOSITE.get(change.kind, change.kind) for change in changed(before, after))
        assert forth == sorted(change.kind for change in changed(after, before))

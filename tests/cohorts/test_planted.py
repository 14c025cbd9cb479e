"""A planted world: how often finding and artifact go together is known, and so is every twin."""

import numpy as np
import pytest
import torch

from causaray.cohorts.planted import Planted, planted
from causaray.errors import BadInput


@pytest.fixture(scope="module")
def shortcut() -> Planted:
    return planted(0.9, 40, size=64, seed=3)


@pytest.mark.parametrize(("correlation", "counts"), [(0.5, [50] * 4), (0.9, [90, 10, 10, 90]), (1.0, [100, 0, 0, 100])])
def test_finding_and_artifact_go_together_as_often_as_asked(correlation: float, counts: list[int]) -> None:
    made = planted(correlation, 200, seed=1)
    assert np.bincount(made.group, minlength=4).tolist() == counts
    assert made.groups[3] == "with Pleural Effusion, with pacemaker" and len(set(made.patients)) == 200


def test_twins_differ_by_what_was_done_alone(shortcut: Planted) -> None:
    has = torch.from_numpy(shortcut.artifact == 1)
    assert shortcut.with_artifact[has].equal(shortcut.images[has])
    assert shortcut.without_artifact[~has].equal(shortcut.images[~has])
    outside = (shortcut.with_artifact - shortcut.without_artifact).abs() * ~shortcut.mask
    assert outside.max() <= 0.5 / 255 and shortcut.mask.any((1, 2, 3)).all()
    assert 0.01 < shortcut.mask.float().mean() < 0.2, "a pacemaker is small"
    ill = torch.from_numpy(shortcut.finding == 1)
    assert shortcut.with_finding[ill].equal(shortcut.images[ill])
    changed = (shortcut.with_finding - shortcut.without_finding).abs().amax((1, 2, 3))
    assert (changed > 0.05).all(), "the finding is seen in every image that has it"


def test_the_same_patient_is_drawn_again_whatever_is_planted(shortcut: Planted) -> None:
    again = planted(0.5, 40, size=64, seed=3)
    nobody = np.zeros(40, int)
    rows = np.arange(40)
    assert shortcut.draw(rows, nobody, nobody).equal(again.draw(rows, nobody, nobody))
    assert not planted(0.9, 40, seed=4).images.equal(shortcut.images)


@pytest.mark.parametrize("finding", ["Cardiomegaly", "Fracture"])
def test_other_findings_and_the_mark_are_planted_too(finding: str) -> None:
    made = planted(0.75, 8, finding=finding, artifact="mark")
    assert made.mask.any((1, 2, 3)).all() and made.mask.float().mean() < 0.02
    assert (made.with_finding - made.without_finding).abs().amax((1, 2, 3)).min() > 0.01


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"correlation": 0.3}, "from 0.5, none, to 1"),
        ({"count": 3}, "no four groups"),
        ({"finding": "Hernia"}, "Hernia is no finding of the phantom world"),
        ({"artifact": "hat"}, "no artifact hat on phantoms; there are pacemaker, mark"),
        ({"mildest": 1.0}, "mildest severity"),
    ],
)
def test_what_cannot_be_planted_is_refused(arguments: dict, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        planted(**({"correlation": 0.9, "count": 8} | arguments))

"""The share of each pixel that is a finding: where the film changes, on its side, more of it the more severe it is."""

import pytest
import torch

from causaray.cohorts.phantom import Setting, World
from causaray.cohorts.phantom.lesion_maps import lesion_maps
from causaray.cohorts.phantom.model import UNSIDED, WORLD_NAMES
from causaray.errors import BadInput
from causaray.vocabulary import DEVICE

HEALTHY = World(size=64, common=0, devices=0).sample(6, seed=5)


def shown(name: str, severity: float) -> torch.Tensor:
    setting = Setting(severity, None if name in UNSIDED else "left")
    return lesion_maps(HEALTHY.world.counterfactual(HEALTHY, {name: setting}), HEALTHY, name)


@pytest.mark.parametrize("name", WORLD_NAMES)
def test_the_share_lies_where_the_film_changes(name: str) -> None:
    share = shown(name, 0.8 if name != DEVICE else 1.0)
    setting = Setting(0.8 if name != DEVICE else 1.0, None if name in UNSIDED else "left")
    change = (HEALTHY.world.counterfactual(HEALTHY, {name: setting}).images - HEALTHY.images).abs()
    assert share.shape == (6, 1, 64, 64) and share.min() >= 0 and share.max() <= 1
    assert share.mean((1, 2, 3)).min() > 0
    assert (change * share).sum() / share.sum() > 3 * change.mean()
    if name not in UNSIDED:
        assert share[..., :28].sum() == 0, "the patient's left is at the right of the image"


@pytest.mark.parametrize("name", [name for name in WORLD_NAMES if name != DEVICE])
def test_the_more_severe_the_more_of_it(name: str) -> None:
    mild, severe = (shown(name, severity).mean((1, 2, 3)) for severity in (0.3, 0.9))
    assert (severe > mild).all()


def test_nothing_is_there_without_the_finding() -> None:
    assert not lesion_maps(HEALTHY, HEALTHY, "Pleural Effusion").any()
    assert not lesion_maps(HEALTHY, HEALTHY, "Cardiomegaly").any()


def test_a_finding_that_the_world_does_not_have() -> None:
    with pytest.raises(BadInput, match="no Hernia; its findings are"):
        lesion_maps(HEALTHY, HEALTHY, "Hernia")

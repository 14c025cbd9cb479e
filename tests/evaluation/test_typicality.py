"""What ships, on the radiographs of the demo and on what is made of them."""

from pathlib import Path

import numpy as np
import pytest
import torch

import causaray
from causaray import weightfiles
from causaray.classifiers.judge import Judge
from causaray.evaluation.ood.examples import UNUSUAL
from causaray.evaluation.ood.fit import Seen, page
from causaray.evaluation.ood.mahalanobis import Typical
from causaray.imagefiles import read_scan

DEMO = Path(causaray.__file__).parent / "app" / "demo"


@pytest.fixture(scope="module")
def shipped() -> Typical:
    found = Typical.load(weightfiles.find("cxr-128"), Judge.load())
    assert found is not None
    return found


def test_radiographs_are_typical_and_what_is_none_is_not(shipped):
    images = torch.stack([torch.from_numpy(read_scan(f).square(128).pixels)[None] for f in sorted(DEMO.glob("*.jpg"))])
    assert not any(one["unlike"] for one in shipped.told(images))
    for name in ("turned by 90 degrees", "inverted", "noise"):
        assert all(one["unlike"] for one in shipped.told(UNUSUAL[name](images, np.random.default_rng(0))))


def test_the_page_tells_shares_and_how_well_they_are_told_apart():
    patients = np.array(list("abcd"))
    found = {"real": Seen(np.array([1.0, 2, 3, 9]), patients), "noise": Seen(np.array([8.0, 10, 11, 12]), patients)}
    said = page(found, 5, "tiny", "command")
    assert "| real | 4 | 0.250 (" in said and "| noise | 4 | 1.000 (1.000 to 1.000) | 0.938 (" in said

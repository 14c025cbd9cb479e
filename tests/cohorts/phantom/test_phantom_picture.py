import numpy as np
import pytest

from causaray.cohorts.phantom import World
from causaray.cohorts.phantom.picture import panels
from causaray.imagefiles.grid import SAME

WORLD = World(size=64, common=0, devices=0)


@pytest.mark.parametrize("name", ["Pneumothorax", "Cardiomegaly", "Support Devices"])
def test_a_finding_its_truth_and_the_difference(name):
    before, after, difference = panels(WORLD, 2, name, seed=1)
    assert np.array_equal(before.pixels, WORLD.at(1, [2]).images[0, 0])
    assert name.lower() in after.caption
    changed = after.pixels != before.pixels
    assert changed.any() and np.allclose(difference.pixels[~changed], SAME)

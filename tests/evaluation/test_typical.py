import numpy as np
import pytest
import torch

from causaray.classifiers.judge import Judge
from causaray.errors import BadInput
from causaray.evaluation.ood.examples import UNUSUAL
from causaray.evaluation.ood.mahalanobis import FILE, Typical
from causaray.nets.finding_classifier import Ensemble


@pytest.fixture
def judge() -> Judge:
    torch.manual_seed(0)
    return Judge(("Edema",), "0123", Ensemble(1, 1, 32).eval())


@pytest.fixture
def typical(judge) -> Typical:
    """Of two cohorts of features of length 1, around two directions."""
    return Typical.fit(judge, [around(0, 300), around(1, 300)], np.concatenate([around(0, 200, 1), around(1, 200, 1)]))


def around(axis: int, count: int, seed: int = 0) -> np.ndarray:
    features = 0.05 * np.random.default_rng([seed, axis]).standard_normal((count, 192)).astype(np.float32)
    features[:, axis] += 1
    return features


def test_most_are_within_the_limit_and_others_far_beyond(typical):
    assert (typical.distance(around(0, 500, 2)) > typical.limit).mean() < 0.05
    assert (typical.distance(around(1, 500, 2)) > typical.limit).mean() < 0.05
    assert (typical.distance(around(2, 500, 2)) > 1.5 * typical.limit).all()
    assert np.allclose(typical.distance(3 * around(2, 5)), typical.distance(around(2, 5)), rtol=1e-4)


def test_it_is_read_as_it_was_written_and_only_with_its_judge(typical, judge, tmp_path):
    assert Typical.load(tmp_path, judge) is None
    typical.save(tmp_path)
    image = torch.rand(2, 1, 32, 32)
    assert Typical.load(tmp_path, judge).told(image) == typical.told(image)
    assert Typical.load(tmp_path, Judge(judge.names, "another", judge.net)) is None
    (tmp_path / FILE).write_bytes(b"damaged")
    with pytest.raises(BadInput, match="cannot be read"):
        Typical.load(tmp_path, judge)


@pytest.mark.parametrize("name", UNUSUAL)
def test_what_is_made_of_images_is_other_images(name):
    images = torch.rand(2, 1, 32, 32) * torch.linspace(0.1, 0.9, 32)
    made, again = (UNUSUAL[name](images, np.random.default_rng(0)) for _ in range(2))
    assert made.shape == images.shape and made.dtype == torch.float32
    assert made.min() >= 0 and made.max() <= 1 and torch.equal(made, again)
    assert (made - images).abs().mean() > 0.05

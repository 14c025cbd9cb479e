import pytest
import torch
from torch import Tensor

from causaray.classifiers.judge import Judge
from causaray.evaluation.images.perceptual import Perceptual, perceptual_distance
from causaray.nets.guide import blur


@pytest.fixture(scope="module")
def apart() -> Perceptual:
    return perceptual_distance(Judge.load())


@pytest.fixture(scope="module")
def images() -> Tensor:
    return blur(torch.rand(4, 1, 128, 128, generator=torch.Generator().manual_seed(0)), 3)


def test_equal_images_are_not_apart_and_the_order_does_not_matter(apart: Perceptual, images: Tensor) -> None:
    assert apart(images, images).tolist() == [0] * 4
    torch.testing.assert_close(apart(images, images.flip(0)), apart(images.flip(0), images))


def test_each_pair_is_measured_on_its_own(apart: Perceptual, images: Tensor) -> None:
    together = apart(images, images.flip(0))
    alone = torch.cat([apart(a[None], b[None]) for a, b in zip(images, images.flip(0), strict=True)])
    torch.testing.assert_close(together, alone, rtol=1e-3, atol=1e-5)


def test_a_shape_weighs_more_than_as_much_grey(apart: Perceptual, images: Tensor) -> None:
    patch = torch.zeros_like(images)
    patch[..., 40:72, 40:72] = 0.16
    even = torch.full_like(images, float(patch.mean()))
    shaped, brightened = apart(images, images + patch), apart(images, images + even)
    assert (shaped > 2 * brightened).all() and (apart(images, images + 2 * patch) > shaped).all()
    assert (shaped < apart(images, torch.rand(images.shape))).all()

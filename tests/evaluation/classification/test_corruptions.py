import pytest
import torch

from causaray.errors import BadInput
from causaray.evaluation.classification.corruptions import CORRUPTIONS, STRENGTHS, corrupted
from causaray.nets.guide import blur

IMAGES = blur(torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(0)), 1.0)


def test_there_are_seven_at_five_strengths() -> None:
    assert len(CORRUPTIONS) == 7 and len(STRENGTHS) == 5


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_more_strength_is_more_change(kind: str) -> None:
    made = [corrupted(IMAGES, kind, strength, seed=3) for strength in STRENGTHS]
    change = [float((one - IMAGES).abs().mean()) for one in made]
    assert change == sorted(change) and change[0] > 0
    assert all(one.shape == IMAGES.shape and one.min() >= 0 and one.max() <= 1 for one in made)


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_the_same_seed_gives_the_same_images(kind: str) -> None:
    assert corrupted(IMAGES, kind, 3, seed=1).equal(corrupted(IMAGES, kind, 3, seed=1))


def test_what_is_none_is_refused() -> None:
    with pytest.raises(BadInput, match="no corruption fog; known are noise, blur"):
        corrupted(IMAGES, "fog", 1)
    with pytest.raises(BadInput, match="a strength of 1 to 5, not 6"):
        corrupted(IMAGES, "noise", 6)

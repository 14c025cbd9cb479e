import numpy as np
import pytest
import torch
from drawn_chest import chest, lungs

from causaray.evaluation.images.lungs import SIZE, lung_masks, plausible


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))


@pytest.mark.parametrize("size", [64, 128, 256])
def test_both_lungs_are_found_whatever_the_size_of_the_image(size: int) -> None:
    found = lung_masks(chest(size)[None])
    assert found.shape == (1, 2, SIZE, SIZE) and plausible(found).all()
    for side, drawn in enumerate(lungs(SIZE)):
        assert dice(found[0, side], drawn.numpy()) > 0.9


def test_images_are_looked_at_one_by_one() -> None:
    images = torch.stack([chest(), torch.full((1, 128, 128), 0.5), chest(shift=0.04)])
    together = lung_masks(images)
    assert plausible(together).tolist() == [True, False, True]
    for i in range(3):
        np.testing.assert_array_equal(together[i], lung_masks(images[i : i + 1])[0])


def test_where_there_are_no_lungs_none_are_plausible() -> None:
    generator = torch.Generator().manual_seed(0)
    noise, constant = torch.rand(4, 1, 128, 128, generator=generator), torch.full((1, 1, 128, 128), 0.3)
    one_lung = chest().clone()
    one_lung[..., 64:112] = 0.7
    for images in (noise, constant, one_lung[None]):
        assert not plausible(lung_masks(images)).any()


def test_what_is_plausible_by_hand() -> None:
    masks = np.zeros((4, 2, 20, 20), bool)
    masks[:, 0, 2:14, 3:8] = True
    masks[0, 1, 2:14, 12:17] = True
    masks[1, 1, 2:6, 12:16] = True
    masks[2, 1, 12:20, 12:19] = True
    assert plausible(masks).tolist() == [True, False, False, False], "too small, beside nothing, not there"

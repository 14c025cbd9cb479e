import numpy as np
import pytest
import torch
from drawn_chest import chest

from causaray.evaluation.images.anatomy import anatomy, overlap, strangers, thorax, widths
from causaray.evaluation.images.lungs import lung_masks


@pytest.fixture
def masks() -> np.ndarray:
    """Two lungs of 20 rows; the heart is 4 columns wide above and 7 in rows 14 to 17."""
    masks = np.zeros((1, 2, 30, 40), bool)
    masks[0, 0, 2:22, 5:16] = True
    masks[0, 1, 2:22, 20:33] = True
    masks[0, 1, 14:18, 20:23] = False
    return masks


def test_widths_by_hand(masks: np.ndarray) -> None:
    heart, chest_width = widths(masks)
    assert heart.tolist() == [7 / 40] and chest_width.tolist() == [28 / 40]
    masks[0, 0] = False
    assert np.isnan(widths(masks)).all()


def test_overlap_by_hand(masks: np.ndarray) -> None:
    moved = np.roll(masks, 11, axis=3)
    moved[0, 1] = False
    assert overlap(masks, masks).tolist() == [1]
    expected = 2 * (2 * 20) / (20 * 11 + 20 * 13 - 12 + 20 * 11)
    shifted = moved & False
    shifted[0, 0, 2:22, 14:25] = True
    assert overlap(masks, shifted).tolist() == pytest.approx([expected])
    assert overlap(masks, masks & False).tolist() == [0]


def test_the_thorax_is_a_box_about_the_lungs() -> None:
    square = np.zeros((2, 2, 40, 40), bool)
    square[0, 0, 4:24, 8:16] = square[0, 1, 4:24, 22:32] = True
    found = thorax(square, 40)
    rows, columns = found[0, 0].any(1).nonzero().flatten(), found[0, 0].any(0).nonzero().flatten()
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (2, 27, 6, 33)
    assert found[0].sum() == 26 * 28
    assert found[1].all(), "without lungs nothing can be said to be outside"
    assert thorax(square, 80).shape == (2, 1, 80, 80) and thorax(square, 80)[0].sum() == 4 * 26 * 28


def test_strangers_are_of_other_patients() -> None:
    patients = np.array(["a", "b", "a", "c", "d", "b", "a", "e"])
    found = strangers(patients)
    assert (patients[found] != patients).all() and sorted(found) == list(range(8))


def test_outlines_that_stay_move_and_vanish() -> None:
    hearts = np.linspace(0.02, 0.06, 6)
    real = torch.stack([chest(heart=h, shift=0.01 * (i % 3)) for i, h in enumerate(hearts)])
    grown = torch.stack([chest(heart=h + 0.06, shift=0.01 * (i % 3)) for i, h in enumerate(hearts)])
    moved = real.roll(6, 3)
    nothing = torch.full_like(real, 0.5)
    found = anatomy(real, {"copied": real, "grown": grown, "moved": moved, "nothing": nothing}, np.arange(6))
    assert found["segmented"]["value"] == 1
    assert found["copied"]["dice"]["value"] == 1 and found["copied"]["cardiothoracic"]["high"] == 0
    assert found["noise"]["dice"]["value"] > 0.98 and found["noise"]["lost"]["value"] == 0
    assert found["grown"]["heart"]["value"] == pytest.approx(0.06, abs=0.012)
    assert found["grown"]["cardiothoracic_signed"]["low"] > 0.05 and found["grown"]["thorax"]["high"] < 0.02
    assert found["moved"]["dice"]["value"] == pytest.approx(0.8, abs=0.06)
    assert found["moved"]["cardiothoracic"]["value"] < 0.02, "what moves as a whole keeps its proportions"
    assert found["nothing"]["lost"]["value"] == 1 and found["nothing"]["dice"] is None


def test_images_without_lungs_are_left_out() -> None:
    real = torch.stack([chest(), torch.full((1, 128, 128), 0.5), chest(), chest()])
    found = anatomy(real, {"edited": real}, np.arange(4))
    assert found["segmented"]["value"] == 0.75 and found["edited"]["dice"]["n"] == 3
    assert thorax(lung_masks(real), 128)[1].all()

import pytest
import torch

from causaray.evaluation.images.extent import area, on_side, opacity


def test_a_quarter_of_the_image_changed_by_a_tenth() -> None:
    change = torch.zeros(2, 1, 8, 8)
    change[0, 0, :4, :4] = -0.1
    change[1] = 0.01
    assert area(change).tolist() == [0.25, 0.0], "a hundredth of the grey range is not seen"
    assert opacity(change) == pytest.approx([25.5 / 4, 2.55])


def test_the_patients_left_is_the_right_half_of_the_image() -> None:
    change = torch.zeros(3, 1, 5, 5)
    change[0, 0, :, 4] = -1
    change[1, 0, :, 0] = 1
    change[2, 0, :, 2] = 1
    assert on_side(change, "left").tolist() == [1, 0, 0]
    assert on_side(change, "right").tolist() == [0, 1, 0]

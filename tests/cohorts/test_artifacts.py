"""Artifacts: where they are drawn, that nothing else changes, and that the seed alone says how."""

import pytest
import torch

from causaray.cohorts.artifacts import blank_corners, equal_change, with_letter, with_pacemaker


@pytest.fixture
def images():
    return 0.2 + 0.5 * torch.rand(3, 1, 64, 64, generator=torch.Generator().manual_seed(0))


def test_a_pacemaker_is_bright_at_the_patients_left_and_nothing_gets_darker(images):
    made = with_pacemaker(images, 0)
    change = made - images
    assert change.min() >= -1e-6 and made.max() <= 1
    can = made[..., 14:22, 44:54].amax((1, 2, 3))
    assert (can > 0.95).all()
    assert (change.abs() < 1e-3).float().mean() > 0.8
    assert change[..., :, 34:].sum() > change[..., :, :30].sum()


def test_the_place_is_drawn_by_seed_and_row_alone(images):
    made = with_pacemaker(images, 3)
    torch.testing.assert_close(with_pacemaker(images[:2], 3), made[:2], rtol=0, atol=0)
    assert not torch.equal(with_pacemaker(images, 4), made)


@pytest.mark.parametrize(("at_left", "columns"), [(True, slice(51, 64)), (False, slice(0, 13))])
def test_a_letter_stands_in_its_corner_alone(images, at_left, columns):
    blank = blank_corners(images)
    change = with_letter(blank, "R", at_left) - blank
    assert (change[..., :13, columns].amax((1, 2, 3)) > 0.2).all()
    change[..., :13, columns] = 0
    assert change.abs().max() == 0


def test_blank_corners_hold_one_value(images):
    blank = blank_corners(with_letter(images, "L", at_left=True))
    assert (blank[:, 0, :13, 51:].flatten(1).std(1) < 1e-6).all()
    torch.testing.assert_close(blank[..., 13:, :], images[..., 13:, :], rtol=0, atol=0)


def test_a_patch_changes_as_much_as_what_it_controls(images):
    change = torch.zeros_like(images)
    change[0, :, 5:9] = 0.3
    change[1] = 0.01
    moved = (equal_change(images, change, 0) - images).abs().mean((1, 2, 3))
    torch.testing.assert_close(moved, change.abs().mean((1, 2, 3)), rtol=1e-3, atol=1e-6)
    assert torch.equal(equal_change(images, change, 0)[2], images[2]), "of nothing, nothing"


def test_a_change_beyond_the_grey_range_is_matched_as_far_as_it_goes(images):
    made = equal_change(images, torch.ones_like(images), 0)
    assert made.min() >= 0 and made.max() <= 1 and torch.isfinite(made).all()

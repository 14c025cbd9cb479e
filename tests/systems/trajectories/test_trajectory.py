"""Curves and changes of caption against closed forms."""

import numpy as np
import pytest
import torch
from torch import Tensor

from causaray.diffusion.sampler import Denoiser, ddim
from causaray.diffusion.schedule import times
from causaray.errors import BadInput
from causaray.systems.trajectories.trajectory import (
    CURVES,
    bending,
    bezier,
    control_points,
    length,
    linear,
    straight,
    switch_steps,
    turning,
    walk,
)

POINTS = torch.tensor([[0.0, 0.0], [1.0, 3.0], [4.0, -1.0], [2.0, 2.0]], dtype=torch.float64)


def casteljau(points: np.ndarray, s: float) -> np.ndarray:
    """A Bezier curve by repeated interpolation, the way that needs no binomials."""
    while len(points) > 1:
        points = (1 - s) * points[:-1] + s * points[1:]
    return points[0]


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_every_curve_ends_at_its_ends_and_its_weights_sum_to_one(curve) -> None:
    made = walk(POINTS, curve, 50)
    assert torch.allclose(made[0], POINTS[0]) and torch.allclose(made[-1], POINTS[-1])
    assert np.allclose(curve(np.linspace(0, 1, 50), 10).sum(1), 1)


def test_bezier_is_that_of_de_casteljau() -> None:
    made = walk(POINTS, bezier, 7)
    expected = [casteljau(POINTS.numpy(), s) for s in np.linspace(0, 1, 7)]
    assert np.allclose(made.numpy(), expected)


def test_piecewise_linear_passes_through_all_points_and_bezier_does_not() -> None:
    assert torch.allclose(walk(POINTS, linear, 4), POINTS)
    assert not torch.allclose(walk(POINTS, bezier, 4), POINTS)


def test_straight_knows_its_ends_alone() -> None:
    made = walk(POINTS, straight, 3)
    assert torch.allclose(made[1], POINTS[[0, -1]].mean(0))


def pulled(toward: float):
    """A denoiser that is sure of its image."""

    def denoise(z: Tensor, t: Tensor) -> Tensor:
        angle = t.view(-1, 1, 1, 1) * (torch.pi / 2)
        return (angle.cos() * z - toward) / angle.sin().clamp(min=1e-3)

    return denoise


NOISE, TIMES = torch.randn(2, 1, 3, 3, generator=torch.Generator().manual_seed(0)), times(1.0, 10)


def test_a_switch_at_the_first_step_is_the_attribute_and_after_the_last_is_neutral() -> None:
    before, after = pulled(-1.0), pulled(2.0)
    neutral, late, early = control_points(before, after, NOISE, TIMES, [10, 0])
    assert torch.equal(neutral, ddim(before, NOISE, TIMES))
    assert torch.equal(late, neutral)
    assert torch.equal(early, ddim(after, NOISE, TIMES))


def switched(before: Denoiser, after: Denoiser, at: float) -> Denoiser:
    """`before` at times above `at`, `after` from there down: a change of mind while denoising."""

    def denoise(z: Tensor, t: Tensor) -> Tensor:
        return before(z, t) if float(t[0]) > at else after(z, t)

    return denoise


@pytest.mark.parametrize("at", range(10))
def test_control_points_are_the_switched_denoisings(at: int) -> None:
    before, after = pulled(-1.0), pulled(2.0)
    _, point = control_points(before, after, NOISE, TIMES, [at])
    assert torch.equal(point, ddim(switched(before, after, float(TIMES[at])), NOISE, TIMES))


def test_the_caption_changes_at_45_to_5_of_50_steps() -> None:
    assert switch_steps(50) == [45, 40, 35, 30, 25, 20, 15, 10, 5]
    assert switch_steps(10) == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    with pytest.raises(BadInput, match="too few"):
        switch_steps(9)


def test_length_and_angles_of_a_square() -> None:
    corners = torch.tensor([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]]).view(4, 1, 1, 1, 2)
    assert length(corners).tolist() == [6.0]
    assert torch.allclose(turning(corners)[:, 0], torch.tensor([1.0, 0.0, -1.0]))
    assert torch.allclose(bending(corners)[:, 0], torch.zeros(2))

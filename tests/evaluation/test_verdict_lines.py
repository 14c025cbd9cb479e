"""Lines in a change are told from what diseases make of a film."""

import numpy as np
import pytest
import torch

from causaray.evaluation.verdict.lines import line_length

AXIS = np.arange(128)


def disc(radius: float, at: tuple[int, int] = (64, 64)) -> np.ndarray:
    """A round opacity."""
    return 0.3 * (np.hypot(AXIS[:, None] - at[0], AXIS[None] - at[1]) <= radius)


def lead(length: int) -> np.ndarray:
    """A wire, two pixels wide, that goes down and bends."""
    sheet = np.zeros((128, 128))
    for i in range(length):
        x = 60 + int(8 * np.sin(i / 12))
        sheet[20 + i, x : x + 2] = 0.3
    return sheet


def length(sheet: np.ndarray) -> float:
    return line_length(torch.from_numpy(sheet))


def test_a_lead_is_as_long_as_it_is() -> None:
    assert length(lead(64)) == pytest.approx(64 / 128, abs=0.08)
    assert length(lead(64) + disc(6, (90, 30))) == pytest.approx(64 / 128, abs=0.08), "with its generator"


@pytest.mark.parametrize("radius", [3, 8, 30])
def test_what_is_round_is_no_line(radius: int) -> None:
    assert length(disc(radius)) < 0.1


def test_a_line_that_goes_is_none_that_comes() -> None:
    assert length(-lead(64)) == 0


def test_lines_that_are_little_of_a_change_are_not_told() -> None:
    assert length(lead(64) + disc(40)) == 0


def test_nothing_has_no_line() -> None:
    assert length(np.zeros((128, 128))) == 0

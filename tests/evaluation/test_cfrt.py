"""CFRT on probabilities made by hand."""

import numpy as np
import pytest

from causaray.systems.trajectories.cfrt import cfrt, late_change, late_frames


def test_the_last_two_fifths_of_a_film_count() -> None:
    assert late_frames(50).tolist() == list(range(30, 50))


def test_the_change_is_the_late_mean_less_the_first() -> None:
    assert late_change(np.array([[0.2, 0.6, 0.8], [0.5, 0.5, 0.5]])) == pytest.approx([0.5, 0.0])


def test_share_of_seeds_with_wilsons_interval() -> None:
    target, other = np.array([0.5, 0.4, 0.3, 0.0]), np.array([0.1, 0.1, 0.1, 0.1])
    found = cfrt(target, other)
    # Wilson (1927): (p + z^2 / 2n -+ z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)
    z, p, n = 1.959964, 0.75, 4
    middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    expected = (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)
    assert found["cfrt"]["value"] == p
    assert (found["cfrt"]["low"], found["cfrt"]["high"]) == pytest.approx(expected)
    assert found["target_change"]["value"] == pytest.approx(0.3) and found["other_change"]["value"] == pytest.approx(
        0.1
    )


def test_no_change_is_no_success() -> None:
    assert cfrt(np.zeros(5), np.zeros(5))["cfrt"]["value"] == 0

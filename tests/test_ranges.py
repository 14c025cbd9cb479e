"""Ranges of grey values by name: into them and out of them, and never the wrong one."""

import itertools

import numpy as np
import pytest

from causaray.errors import BadInput
from causaray.ranges import DEVIATION, MEAN, RANGES, from_range, to_range

UNIT = np.linspace(0, 1, 64, dtype=np.float32).reshape(1, 1, 8, 8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", RANGES)
def test_in_and_out_again(name, channels):
    torch = pytest.importorskip("torch")
    there = to_range(UNIT, name, channels)
    assert there.shape == (1, channels, 8, 8) and there.dtype == np.float32
    assert np.allclose(from_range(there, name), UNIT, atol=1e-5)
    tensor = to_range(torch.from_numpy(UNIT), name, channels)
    assert torch.is_tensor(tensor) and np.allclose(tensor.numpy(), there)
    assert np.allclose(from_range(tensor, name).numpy(), UNIT, atol=1e-5)


def test_the_ends_are_those_that_the_libraries_say():
    assert np.allclose(to_range(UNIT, "torchxrayvision"), UNIT * 2048 - 1024)
    mean, deviation = (np.float32(v)[:, None, None] for v in (MEAN, DEVIATION))
    assert np.allclose(to_range(UNIT, "imagenet", 3), (UNIT - mean) / deviation, atol=1e-6)
    assert np.array_equal(to_range(UNIT, "monai"), UNIT)


@pytest.mark.parametrize(("made", "taken"), [*itertools.permutations(RANGES, 2)])
def test_one_range_is_never_taken_for_another(made, taken):
    if {made, taken} == {"unit", "monai"}:
        return
    with pytest.raises(BadInput, match=f"is not {taken}.*look like .*{made}"):
        from_range(to_range(UNIT, made), taken)


def test_what_is_refused():
    with pytest.raises(BadInput, match="no range hounsfield; known are unit"):
        to_range(UNIT, "hounsfield")
    with pytest.raises(BadInput, match=r"not unit.*look like uint8"):
        to_range(255 * UNIT, "signed")
    with pytest.raises(BadInput, match="not unit"):
        from_range(np.full((1, 4, 4), np.nan, np.float32), "unit")
    with pytest.raises(BadInput, match="in colour"):
        from_range(np.concatenate([UNIT, UNIT, 1 - UNIT], 1), "unit")
    with pytest.raises(BadInput, match="2 channels"):
        from_range(np.concatenate([UNIT, UNIT], 1), "unit")
    with pytest.raises(BadInput, match="C, H, W"):
        from_range(UNIT[0, 0], "unit")

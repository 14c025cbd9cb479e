import numpy as np
import pytest

from causaray.imagefiles import burn_in


@pytest.mark.parametrize("shape", [(32, 32), (32, 600), (256, 200), (1000, 900)])
@pytest.mark.parametrize("ground", [0.0, 0.5, 1.0])
def test_the_text_is_legible_on_any_ground_and_small(shape, ground):
    pixels = np.full(shape, ground, dtype=np.float32)
    burned = burn_in(pixels, "SYNTHETIC")
    changed = np.argwhere(burned != ground)
    top, right = changed[:, 0].min(), changed[:, 1].max() + 1
    label = burned[top:, :right]
    assert (label > 0.8).mean() > 0.02 and (label < 0.2).mean() > 0.2
    assert label.size <= max(0.05 * pixels.size, 80 * 20)
    assert burned.dtype == np.float32 and burned.min() >= 0 and burned.max() <= 1


def test_the_rest_and_the_original_are_untouched():
    pixels = np.random.default_rng(0).random((200, 300), dtype=np.float32)
    before = pixels.copy()
    burned = burn_in(pixels, "SYNTHETIC")
    np.testing.assert_array_equal(pixels, before)
    np.testing.assert_array_equal(burned[:180], before[:180])
    np.testing.assert_array_equal(burned[:, 100:], before[:, 100:])
    assert (burned[180:, :100] != before[180:, :100]).any()


def test_other_words_make_other_marks():
    pixels = np.zeros((200, 300), dtype=np.float32)
    assert not np.array_equal(burn_in(pixels, "SYNTHETIC"), burn_in(pixels, "ORIGINAL"))

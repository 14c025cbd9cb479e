import io

import numpy as np
from PIL import Image

from causaray.imagefiles.contours import FINER, LARGEST, contours_png


def drawn(difference: np.ndarray) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(contours_png(difference))))


def test_a_line_runs_around_what_changed_and_nothing_else():
    difference = np.zeros((32, 32), np.float32)
    difference[8:24, 8:24] = 0.1
    seen = drawn(difference)
    assert seen.shape == (32 * FINER, 32 * FINER, 4)
    line = seen[..., 3] > 0
    down, right = np.nonzero(line)
    assert min(down) == min(right) and abs(min(down) - 8 * FINER) <= FINER
    assert not line[12 * FINER : 20 * FINER, 12 * FINER : 20 * FINER].any()  # hollow
    assert (seen[line][:, 0] > seen[line][:, 2]).all()  # orange


def test_darker_is_blue_and_specks_are_left_out():
    difference = np.zeros((32, 32), np.float32)
    difference[8:24, 8:24] = -0.1
    seen = drawn(difference)
    assert (seen[seen[..., 3] > 0][:, 2] > 200).all()
    speck = np.zeros((32, 32), np.float32)
    speck[16, 16] = 0.05
    assert not drawn(speck).any() and not drawn(0 * speck).any()


def test_of_a_large_image_the_outline_is_less_fine():
    difference = np.zeros((1024, 1024), np.float32)
    difference[256:768, 256:512] = 0.1
    line = drawn(difference)[..., 3] > 0
    assert line.shape == (LARGEST, LARGEST)
    down, right = np.nonzero(line)
    assert abs(down.min() - 512) <= 2 and abs(down.max() - 1535) <= 2
    assert abs(right.min() - 512) <= 2 and abs(right.max() - 1023) <= 2

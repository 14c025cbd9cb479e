import numpy as np
import pytest
from scipy import ndimage
from skimage import morphology, transform

from causaray.systems.causal_disentanglement.digits.morphometry import enlarge, intensity, thickness
from causaray.systems.causal_disentanglement.digits.thinning import thin


def scribbles(n: int = 6, size: int = 40) -> np.ndarray:
    """Random blobs and bars, some at the border."""
    noise = np.random.default_rng(0).standard_normal((n, size, size))
    return ndimage.gaussian_filter(noise, (0, 2.5, 2.5)) > 0.02


def test_thinning_is_that_of_the_reference_library() -> None:
    masks = scribbles()
    assert (thin(masks) == np.array([morphology.thin(mask) for mask in masks])).all()
    assert not thin(np.zeros((1, 5, 5), bool)).any()


def test_enlarging_is_that_of_the_reference_library() -> None:
    image = np.random.default_rng(1).random((28, 28)).astype(np.float32)
    reference = transform.resize(image, (112, 112), order=3, mode="reflect", clip=False)
    np.testing.assert_allclose(enlarge(image[None])[0], reference, atol=1e-4)


@pytest.mark.parametrize("width", [2, 3, 5])
def test_a_bar_is_as_thick_as_it_was_drawn_however_bright(width: int) -> None:
    bar = np.zeros((1, 28, 28), np.float32)
    bar[0, 4:24, 10 : 10 + width] = 1
    assert thickness(bar)[0] == pytest.approx(width, abs=0.35)
    assert thickness(bar * 0.3)[0] == pytest.approx(thickness(bar)[0], abs=1e-3)
    assert thickness(np.swapaxes(bar, 1, 2))[0] == pytest.approx(thickness(bar)[0], abs=0.1)


def test_intensity_is_the_grey_of_the_stroke_and_not_of_its_edge() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    images[:, 5:20, 10:14] = [[[180]], [[90]]]
    images[:, 5:20, 14] = 40
    assert intensity(images).tolist() == [180, 90]
    assert intensity(images / 255.0).tolist() == pytest.approx([180 / 255, 90 / 255])


def test_an_empty_image_has_no_thickness() -> None:
    assert np.isnan(thickness(np.zeros((1, 28, 28)))).all()
    assert thickness(np.zeros((0, 28, 28))).shape == (0,)

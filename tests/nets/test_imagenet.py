import numpy as np
import pytest
import torch
from scipy.signal import correlate2d

from causaray.nets.imagenet import ARCHITECTURES, PhotographTrunk


@pytest.mark.parametrize(("name", "size", "shape"), [("alexnet", 224, (256, 13, 13)), ("vgg16", 64, (512, 4, 4))])
def test_the_last_feature_map_is_that_of_the_published_nets(name: str, size: int, shape: tuple[int, ...]) -> None:
    trunk = PhotographTrunk(name)
    assert trunk(torch.rand(1, 1, size, size)).shape == (1, *shape)
    assert trunk.width == shape[0]
    weights = sum(p.numel() for p in trunk.parameters())
    grey = {"alexnet": 2_469_696 - 2 * 64 * 11 * 11, "vgg16": 14_714_688 - 2 * 64 * 9}
    assert weights == grey[name], "the published number of parameters, less two of three colours"


def test_published_kernels_are_summed_over_colours_and_turned_the_right_way() -> None:
    rng, trunk = np.random.default_rng(0), PhotographTrunk("vgg16")
    inner, published = 3, []
    for layer in ARCHITECTURES["vgg16"]:
        published.append(
            (rng.normal(size=(3, 3, inner, layer.width)).astype("float32"), np.ones(layer.width, "float32"))
        )
        inner = layer.width
    trunk.load_published(published)
    image = rng.random((8, 8)).astype("float32")
    expected = correlate2d(image, published[0][0][:, :, :, 5].sum(2), mode="same") + 1
    made = trunk.layers[0](torch.from_numpy(image)[None, None])[0, 5]
    torch.testing.assert_close(made, torch.from_numpy(expected).float(), atol=1e-4, rtol=1e-4)

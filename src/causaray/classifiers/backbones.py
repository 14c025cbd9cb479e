"""Backbones: a name to a network that reads findings, images (B, 1, H, W) in [0, 1] of any size to logits (B, n)."""

from typing import Literal, get_args

from torch import Tensor, nn

from causaray.classifiers.imagenet import imagenet, photograph_trunk
from causaray.errors import BadInput
from causaray.nets.finding_classifier import FindingClassifier, resize
from causaray.nets.guide import SmallTrunk, View
from causaray.nets.imagenet import PhotographTrunk
from causaray.nets.vision_transformer import PATCH, VisionTransformer

Backbone = Literal["efficientnet-lite0", "small", "alexnet", "vgg16", "resnet-18", "resnet-34", "resnet-50", "vit"]
PHOTOGRAPHED = ("efficientnet-lite0", "alexnet", "vgg16")
"""Those that can start from the weights of ImageNet."""
DROPOUT, WIDTH, DIM = 0.2, 32, 128
_BASIC, _BOTTLENECK = (64, 128, 256, 512), (256, 512, 1024, 2048)
_RESNETS: dict[str, tuple[str, tuple[int, ...], tuple[int, ...]]] = {
    "resnet-18": ("basic", _BASIC, (2, 2, 2, 2)),
    "resnet-34": ("basic", _BASIC, (3, 4, 6, 3)),
    "resnet-50": ("bottleneck", _BOTTLENECK, (3, 4, 6, 3)),
}  # kind of layer, channels, blocks of each stage (He et al. 2016, table 1)


class OneView(nn.Module):
    """A guide's view as a classifier of its own."""

    def __init__(self, n_findings: int, trunk: SmallTrunk | PhotographTrunk, size: int) -> None:
        super().__init__()
        self.view = View(n_findings, trunk, size, DIM)

    def forward(self, images: Tensor) -> Tensor:
        return self.view.read(self.view.look(images))


def backbone(name: str, n_findings: int, size: int, photographs: bool = False) -> nn.Module:
    """The network of that name, which looks at images of `size` x `size`; others are brought to that.

    photographs: start from ImageNet's weights; the convolutions of alexnet and vgg16 then do not learn. Raises BadInput
    for an unknown name, where there are no such weights, and where the package is missing that brings them or the net.
    """
    if name not in get_args(Backbone):
        raise BadInput(f"There is no backbone {name}; known are {', '.join(get_args(Backbone))}.")
    if photographs and name not in PHOTOGRAPHED:
        raise BadInput(f"{name} does not start from ImageNet's weights; {', '.join(PHOTOGRAPHED)} do.")
    if name in _RESNETS:
        return resnet(name, n_findings, size)
    if name == "efficientnet-lite0":
        return efficientnet(n_findings, size, photographs)
    if name == "vit":
        if size % PATCH:
            raise BadInput(f"A vit looks at images whose side is a multiple of {PATCH} pixels, which {size} is not.")
        return VisionTransformer(n_findings, size)
    if name == "small":
        return OneView(n_findings, SmallTrunk(WIDTH), size)
    return OneView(n_findings, photograph_trunk(name) if photographs else PhotographTrunk(name), size)


def efficientnet(n_findings: int, size: int, photographs: bool) -> FindingClassifier:
    """EfficientNet-Lite0, read out twice. Raises BadInput where the package is missing that brings its photographs'."""
    net = FindingClassifier(n_findings, size, DROPOUT)
    if photographs:
        net.net = imagenet()
    return net


def resnet(name: str, n_findings: int, size: int) -> nn.Module:
    """A ResNet (He et al. 2016) of one channel, untrained; its weights have the names that transformers gives them.

    Raises BadInput where transformers is missing.
    """
    try:
        from transformers import ResNetConfig, ResNetForImageClassification  # takes seconds to import
    except ImportError as error:
        raise BadInput(f"{name} is built of transformers; pip install 'causaray[prior]' brings it.") from error

    class GreyResNet(ResNetForImageClassification):
        def forward(self, images: Tensor) -> Tensor:
            return super().forward(2 * resize(images, size) - 1).logits

    kind, widths, depths = _RESNETS[name]
    names = dict(enumerate(map(str, range(n_findings))))
    return GreyResNet(
        ResNetConfig(
            num_channels=1, embedding_size=64, hidden_sizes=list(widths), depths=list(depths), layer_type=kind,
            id2label=names,
        )
    )  # fmt: skip

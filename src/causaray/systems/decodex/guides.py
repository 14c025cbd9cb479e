"""What guides a chain: the classifier that is explained, and the detector of the artifact that is to stay."""

import torch
from torch import Tensor, nn

from causaray.classifiers.backbones import OneView, backbone
from causaray.classifiers.calibration import Calibrated
from causaray.nets.blocks import standardise
from causaray.nets.guide import resized

BACKBONE = "small"
EARLY = 2
"""Layers of the classifier whose features L_perc compares."""


class Guides(nn.Module):
    """Two nets that look at images of any size at `look` pixels a side, their probabilities calibrated apart."""

    def __init__(self, look: int) -> None:
        super().__init__()
        self.classifier = Calibrated(backbone(BACKBONE, 1, look), 1)
        self.detector = Calibrated(backbone(BACKBONE, 1, look), 1)

    def finding(self, images: Tensor) -> Tensor:
        """Log odds (B,) of the finding in images (B, 1, S, S)."""
        return self.classifier.log_odds(images)[:, 0]

    def artifact(self, images: Tensor) -> Tensor:
        """Log odds (B,) of the artifact."""
        return self.detector.log_odds(images)[:, 0]

    def features(self, images: Tensor) -> Tensor:
        """The classifier's own early features (B, c, h, w), where the paper takes those of VGG-19."""
        net = self.classifier.net
        assert isinstance(net, OneView)
        trunk = net.view.trunk
        assert isinstance(trunk.body, nn.Sequential)
        seen: Tensor = trunk.body[:EARLY](standardise(resized(images, net.view.size)))
        return seen


@torch.no_grad()
def probabilities(net: Calibrated, images: Tensor, batch: int = 64) -> Tensor:
    """What one net says of many images (N, 1, S, S): (N,)."""
    return torch.cat([net(part)[:, 0] for part in images.split(batch)])

"""System 1, stage 1, with attributes in place of findings: what group supervision means for digits."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from causaray.cohorts.batches import Batch
from causaray.editors.residual import carry_over
from causaray.systems.causal_disentanglement.digits.attributes import attribute_loss, mixed, same_digit
from causaray.systems.causal_disentanglement.stage1_group_supervision import GroupSupervision, Swap
from causaray.systems.causal_disentanglement.stage3_request_supervision import RequestSupervision

PIXEL = 0.1
STILL = 0.1
"""Change of an image, in [0, 1], about which detail no longer belongs to what is there."""


class AttributeSupervision(GroupSupervision):
    """Swaps of the attribute channel between digits. Labels are rows of attributes (`attributes`)."""

    def evidence(self, labels: Tensor) -> Tensor:
        return labels

    def carry(self, image: Tensor, reconstruction: Tensor, counterfactual: Tensor) -> Tensor:
        return carry_over_where_still(image, reconstruction, counterfactual)

    def pixel(self, x: Tensor, target: Tensor) -> Tensor:
        """Absolute errors: squared ones leave the edges of strokes soft, and thickness is measured between edges."""
        return PIXEL * (x - target).abs().mean()

    def classify(self, pathology: Tensor, labels: Tensor) -> Tensor:
        return attribute_loss(self.model.classify(pathology), labels)

    def supervise(self, swap: Swap, batch: Batch) -> dict[str, Tensor]:
        """As for radiographs, but L_ID only where both digits are the same: else the outline is what has to change."""
        same = same_digit(swap.labels, batch.labels)
        losses = super().supervise(swap, batch)
        return losses | {
            "identity": self.weights.identity * self.identity_loss(swap.swapped[same], swap.images[same]),
        }

    def pathology_loss(self, swap: Swap, batch: Batch) -> Tensor:
        """L_PC: the guide reads the donor's attributes in the swapped image."""
        return attribute_loss(self.guide(jitter(swap.swapped)), swap.labels)


class AttributeRequests(AttributeSupervision, RequestSupervision):
    """Stage 3 on digits: each of thickness, intensity and digit is, or is not, asked for as the donor has it.

    `expect` gives the attribute maps (B, 1, p, p) that stage 2 makes of rows of attributes (B, 12), in the latent's own
    units.
    """

    def __init__(self, *args: Any, expect: Callable[[Tensor], Tensor]) -> None:
        super().__init__(*args)
        self.expect = expect

    def request(self, own: Tensor, donor: Tensor) -> Tensor:
        return mixed(own, donor)

    def evidence(self, labels: Tensor) -> Tensor:
        """Nothing: no digit of the batch has what was mixed of two, so the critic is told no attributes."""
        return torch.zeros_like(labels)

    def start(self, encoded: Tensor, own: Tensor) -> Tensor:
        return self.expect(own)

    def move(self, pathology: Tensor, asked: Tensor) -> Tensor:
        return self.expect(asked)


def carry_over_where_still(image: Tensor, reconstruction: Tensor, counterfactual: Tensor) -> Tensor:
    """`carry_over`, fading where the edit changes the image: there the detail belongs to a stroke that has moved.

    Images (B, 1, H, W). The share exp(-(c / STILL)^2) of the residual is kept where the 3 x 3 neighbourhood changes by
    c on average. Without any change the result is the image, bit for bit.
    """
    change = torch.nn.functional.avg_pool2d((counterfactual - reconstruction).abs(), 3, stride=1, padding=1)
    lost = 1 - torch.exp(-(change / STILL).square())
    return carry_over(image, counterfactual - reconstruction) - lost * (image - reconstruction)


def jitter(x: Tensor) -> Tensor:
    """A shift by a pixel or none, shared over the batch, and noise: no blur, or no guide could tell thickness."""
    dy, dx = (int(v) for v in torch.randint(-1, 2, (2,)))
    return torch.roll(x, (dy, dx), dims=(2, 3)) + torch.randn_like(x) * 0.01

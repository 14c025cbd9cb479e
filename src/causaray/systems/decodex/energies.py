"""What a counterfactual is to make small: energies of the clean image that a chain heads for, and of its latents.

x is the image, x_t the clean image that is expected at time t, z_t the latents (arXiv 2405.09288; DiME, Jeanneret
et al. 2022). All are sums over the images of a batch, so that each image has its own gradient.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

Net = Callable[[Tensor], Tensor]
"""Images (B, 1, S, S) in [0, 1] -> logits (B,)."""
Features = Callable[[Tensor], Tensor]
"""Images (B, 1, S, S) in [0, 1] -> what is compared of them."""


@dataclass(frozen=True)
class Scales:
    """How much each energy counts: s of the class, s_d of the detector, lambda_1 of L1, lambda_p of the features."""

    classifier: float = 0.0
    detector: float = 0.0
    l1: float = 0.0
    perceptual: float = 0.0

    @property
    def of_images(self) -> bool:
        """Whether anything is asked of x_t."""
        return bool(self.classifier or self.detector or self.perceptual)


def class_energy(logits: Tensor, target: Tensor) -> Tensor:
    """L_class = -(+-logit): logits (B,) toward target (B,), 1 or 0; without the scale."""
    return -((2 * target - 1) * logits).sum()


def detector_energy(logits: Tensor, before: Tensor) -> Tensor:
    """L_det: smooth L1 of what the detector says (B,) from what it said of the image (B,)."""
    return F.smooth_l1_loss(logits, before, reduction="sum")


def perceptual_energy(seen: Tensor, before: Tensor) -> Tensor:
    """L_perc: squared distance of feature maps (B, c, h, w), mean over their places and channels."""
    return (seen - before).square().flatten(1).mean(1).sum()


def l1_energy(latents: Tensor, image: Tensor) -> Tensor:
    """||z_t - x||_1 of latents as images (B, 1, S, S) and the image (B, 1, S, S)."""
    return (latents - image).abs().sum()


@dataclass(frozen=True)
class Energies:
    """The energies of counterfactuals of images x (B, 1, S, S), of which `target` (B,), 1 or 0, is asked.

    classifier, detector, features: nets whose gradients reach the images; none of their weights may learn.
    """

    x: Tensor
    target: Tensor
    scales: Scales
    classifier: Net
    detector: Net
    features: Features

    def of_image(self, x_t: Tensor) -> Tensor:
        """s L_class + s_d L_det + lambda_p L_perc of expected images x_t (B, 1, S, S); only what counts is asked."""
        energy, scales = x_t.new_zeros(()), self.scales
        if scales.classifier:
            energy = energy + scales.classifier * class_energy(self.classifier(x_t), self.target)
        if scales.detector:
            energy = energy + scales.detector * detector_energy(self.detector(x_t), _seen(self.detector, self.x))
        if scales.perceptual:
            energy = energy + scales.perceptual * perceptual_energy(self.features(x_t), _seen(self.features, self.x))
        return energy

    def of_latents(self, latents: Tensor) -> Tensor:
        """lambda_1 ||z_t - x||_1."""
        return self.scales.l1 * l1_energy(latents, self.x)


@torch.no_grad()
def _seen(net: Net, x: Tensor) -> Tensor:
    return net(x)

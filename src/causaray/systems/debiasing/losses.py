"""What the generator and its discriminator learn by."""

import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.nets.guide import blur

LOW_PASS = 1.0 / 64
"""Deviation of the low-pass filter, of the image's side: finer detail can hide evidence, and is not to be seen."""
NOISE = 0.03
"""Deviation of the noise in what a classifier sees, of the grey range."""


def low_passed(images: Tensor) -> Tensor:
    """The images (B, 1, S, S) without what is finer than a Gaussian of LOW_PASS."""
    return blur(images, LOW_PASS * images.shape[-1])


def coarsened(images: Tensor) -> Tensor:
    """What a classifier is shown: every other image of (B, 1, S, S) low-passed, and noise on all of them.

    A generator that trains against it has nothing of changes that no eye sees.
    """
    shown = images.clone()
    shown[::2] = low_passed(images[::2])
    return shown + NOISE * torch.randn_like(shown)


def discriminator_loss(real: Tensor, made: Tensor) -> Tensor:
    """Of realness maps of real and of made images: least squares, 1 for real and 0 for made (Mao et al. 2017)."""
    return (real - 1).square().mean() + made.square().mean()


def realness_loss(made: Tensor) -> Tensor:
    """L_adv of the generator: realness maps of what it makes should be 1."""
    return (made - 1).square().mean()


def class_loss(logits: Tensor, target: Tensor) -> Tensor:
    """L_clf: what the classifier says of made images, logits (B, 1), against the classes they are to be of (B,)."""
    return F.binary_cross_entropy_with_logits(logits[:, 0].float(), target.float())


def kept_loss(made: Tensor, images: Tensor) -> Tensor:
    """L_cyc and L_id: the mean absolute difference of grey levels."""
    return (made - images).abs().mean()

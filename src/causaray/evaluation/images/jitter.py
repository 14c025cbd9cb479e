"""How steady a judged change is: the judge looks again at slightly shifted, noisy copies (test-time augmentation)."""

import torch
from torch import Tensor
from torch.nn import functional as F

from causaray.classifiers.judge import Judge

SHIFTS = ((1, 1), (1, -1), (-1, 1), (-1, -1))
"""(down, right) of each copy, in steps of a 64th of the side."""
NOISE = 0.01
"""Standard deviation of the noise of each copy, of a grey range of 1."""


def change_sd(judge: Judge, before: Tensor, after: Tensor, first: tuple[Tensor, Tensor]) -> Tensor:
    """Standard deviation of what the judge says changed, float32 (B, n), over the images as they are and their copies.

    before, after: images (B, 1, S, S) in [0, 1]; both are shifted alike, and get the same noise. `first` is what the
    judge said of them as they are, each (B, n). It tells how far the judge wavers, not how far it errs.
    """
    again = judge.predict(torch.cat([copies(before), copies(after)])).unflatten(0, (2, len(SHIFTS), -1))
    changes = torch.cat([(first[1] - first[0])[None], again[1] - again[0]])
    return changes.std(0)


def copies(images: Tensor) -> Tensor:
    """The copies (len(SHIFTS) * B, 1, S, S) of images (B, 1, S, S) in [0, 1], all B of a shift together."""
    step = max(1, images.shape[-1] // 64)
    noise = NOISE * torch.randn(len(SHIFTS), 1, *images.shape[1:], generator=torch.Generator().manual_seed(0))
    shifted = torch.stack([_shifted(images, step * down, step * right) for down, right in SHIFTS])
    return (shifted + noise).clamp(0, 1).flatten(0, 1)


def _shifted(images: Tensor, down: int, right: int) -> Tensor:
    """Moved by whole pixels; what is uncovered repeats the edge."""
    reach = max(abs(down), abs(right))
    padded = F.pad(images, (reach,) * 4, mode="replicate")
    size = images.shape[-1]
    return padded[..., reach - down : reach - down + size, reach - right : reach - right + size]

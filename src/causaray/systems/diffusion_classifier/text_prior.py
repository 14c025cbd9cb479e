"""A text prior read out as a classifier: captions of the two classes are its conditions."""

from collections.abc import Sequence

from torch import Tensor

from causaray.diffusion.clock import Clock
from causaray.diffusion.prior import Prior
from causaray.finding import Finding
from causaray.priors.captions import caption


class PriorDenoiser:
    """A prior as a `ReadableDenoiser`: "no pleural effusion" against "pleural effusion"."""

    def __init__(self, prior: Prior, names: Sequence[str]) -> None:
        self.prior, self.names = prior, tuple(names)

    @property
    def clock(self) -> Clock:
        return self.prior.clock

    def encode(self, images: Tensor) -> Tensor:
        z: Tensor = self.prior.codec.encode(images.to(next(self.prior.unet.parameters()).device))
        return z

    def conditions(self, j: int) -> Tensor:
        """What the U-Net attends to for absent and present: (2, L, dim)."""
        name = self.names[j]
        return self.prior.embed([caption([Finding(name, "absent")]), caption([Finding(name)])])

    def __call__(self, z: Tensor, t: Tensor, condition: Tensor) -> Tensor:
        v: Tensor = self.prior(z, t, condition[None])
        return v

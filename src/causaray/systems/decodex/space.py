"""The diffusion model: the exact denoiser of the Gaussian of all training images, in pixels, told no class."""

import torch
from torch import Tensor, nn

from causaray.diffusion.clock import AngleClock
from causaray.errors import BadInput
from causaray.systems.diffusion_classifier.gaussians import ClassGaussian, principal


class GaussianSpace(nn.Module):
    """A `chain.Space` of images of `size` pixels a side, of which `axes` principal axes are known."""

    def __init__(self, size: int, axes: int) -> None:
        super().__init__()
        self.clock, self.axes = AngleClock(), axes
        self.gaussian = ClassGaussian((1, size, size), axes)

    def encode(self, images: Tensor) -> Tensor:
        """Pixels in [-1, 1], which nothing is lost in."""
        return 2 * images - 1

    def decode(self, z: Tensor) -> Tensor:
        return (z + 1) / 2

    def velocity(self, z: Tensor, t: Tensor) -> Tensor:
        v: Tensor = self.gaussian(z, t)[0]
        return v

    @torch.no_grad()
    def fit(self, images: Tensor) -> None:
        """To training images (N, 1, S, S) in [0, 1]. Raises BadInput for no more images than there are axes."""
        if len(images) <= self.axes:
            raise BadInput(f"{len(images)} training images are too few for {self.axes} axes; ask for fewer.")
        z = self.encode(images)
        space, rest = principal(z.flatten(1), self.axes)
        self.gaussian.fit(z, z.mean(0), space, rest)

"""The autoencoder of the variational baselines: exogenous noise on the rungs of a ladder, findings on each of them."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from causaray.nets.autoencoder import Posterior, posterior
from causaray.nets.blocks import ResBlock, downsample, group_norm
from causaray.nets.denoiser import FindingEncoder

SMALLEST = 4
"""Side of the lowest resolution."""


def resolutions(size: int) -> tuple[int, ...]:
    """From SMALLEST to size / 4, doubling."""
    found = [SMALLEST]
    while found[-1] * 2 <= size // 4:
        found.append(found[-1] * 2)
    return tuple(found)


@dataclass(frozen=True)
class LadderShape:
    """Geometry: `rungs` are the resolutions that carry noise, each of `channels` maps; the finest there is is size/4.

    One rung at the bottom is a conditional VAE, several are a hierarchical one.
    """

    size: int
    rungs: tuple[int, ...]
    channels: int
    width: int

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Those of the net, coarsest first."""
        return resolutions(self.size)


class Ladder(nn.Module):
    """p(x | u, a) and q(u | x, a) for noise u ~ N(0, I) on every rung and findings a: top-down, as a hierarchical VAE.

    The prior of the noise does not depend on a (exogenous), so that what was abducted stays true under another a.
    """

    def __init__(self, shape: LadderShape, n_findings: int) -> None:
        super().__init__()
        self.shape, width, sizes = shape, shape.width, shape.resolutions
        self.stem = nn.Sequential(nn.PixelUnshuffle(4), nn.Conv2d(16, width, 3, padding=1))
        self.look = nn.ModuleList(ResBlock(width) for _ in sizes)
        self.down = nn.ModuleList(downsample(width, width) for _ in sizes[1:])
        self.bottom = nn.Parameter(torch.zeros(1, width, sizes[0], sizes[0]))
        self.findings = nn.ModuleList(FindingEncoder(n_findings, width) for _ in sizes)
        self.infer, self.enter = nn.ModuleDict(), nn.ModuleDict()
        for rung in map(str, shape.rungs):
            moments = nn.Conv2d(2 * width, 2 * shape.channels, 3, padding=1)
            self.infer[rung] = nn.Sequential(ResBlock(2 * width), moments)
            self.enter[rung] = nn.Conv2d(shape.channels, width, 3, padding=1)
        self.blocks = nn.ModuleList(nn.Sequential(ResBlock(width), ResBlock(width)) for _ in sizes)
        self.where = nn.ParameterList(torch.ones(1, width, size, size) for size in sizes)
        self.grow = nn.Sequential(
            group_norm(width), nn.SiLU(), nn.Conv2d(width, 16 * 16, 3, padding=1), nn.PixelShuffle(4), nn.SiLU(),
            nn.Conv2d(16, 16, 3, padding=1), nn.SiLU(), nn.Conv2d(16, 1, 3, padding=1),
        )  # fmt: skip

    def forward(self, x: Tensor, evidence: Tensor) -> tuple[Tensor, list[Posterior]]:
        """Reconstruction (B, 1, S, S) of images from sampled noise, and the posteriors of the rungs."""
        return self._explained(x, evidence, Posterior.sample)

    def abduct(self, x: Tensor, evidence: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Reconstruction of images and the noise (B, c, r, r) that explains them: posterior means, rung by rung."""
        reconstruction, posteriors = self._explained(x, evidence, lambda found: found.mean)
        return reconstruction, [found.mean for found in posteriors]

    def _explained(
        self, x: Tensor, evidence: Tensor, drawn: Callable[[Posterior], Tensor]
    ) -> tuple[Tensor, list[Posterior]]:
        seen, found = self._seen(x), list[Posterior]()

        def noise(rung: int, h: Tensor) -> Tensor:
            found.append(posterior(self.infer[str(rung)](torch.cat([h, seen[rung]], dim=1))))
            return drawn(found[-1])

        return self._top_down(len(x), evidence, noise), found

    def predict(self, noise: list[Tensor], evidence: Tensor) -> Tensor:
        """Images (B, 1, S, S), unclamped, of given noise under findings (B, n)."""
        left = iter(noise)
        return self._top_down(len(noise[0]), evidence, lambda rung, h: next(left))

    def _seen(self, x: Tensor) -> dict[int, Tensor]:
        """What the image looks like at each resolution: (B, width, r, r)."""
        h, seen = self.stem(2 * x - 1), {}
        for i, size in enumerate(reversed(self.shape.resolutions)):
            h = self.down[i - 1](h) if i else h
            seen[size] = h = self.look[i](h)
        return seen

    def _top_down(self, n: int, evidence: Tensor, noise: Callable[[int, Tensor], Tensor]) -> Tensor:
        """The image of the noise that `noise` gives each rung, once it is told the state (B, width, r, r) there."""
        h = self.bottom.expand(n, -1, -1, -1)
        for i, size in enumerate(self.shape.resolutions):
            if i:
                h = nn.functional.interpolate(h, scale_factor=2, mode="bilinear", align_corners=False)
            if size in self.shape.rungs:
                h = h + self.enter[str(size)](noise(size, h))
            told = self.findings[i](evidence)[:, :, None, None]
            h = self.blocks[i](h + told * self.where[i])
        return self.grow(h).float() * 0.5 + 0.5

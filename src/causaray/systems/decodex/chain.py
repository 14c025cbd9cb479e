"""The guided chain: noise an image up to a time tau, and denoise it down the gradient of the energies.

The mean of each step moves by -Sigma g, with g = [grad L_class(x_t) + grad L_det(x_t) + grad L_perc(x_t)] / alpha_t
+ grad lambda_1 ||z_t - x||_1, alpha_t = sqrt(alpha_bar_t).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor

from causaray.diffusion.clock import Clock
from causaray.diffusion.sampler import Denoiser, Pull, ancestral, drawn
from causaray.diffusion.schedule import alpha_sigma, diffuse, to_signal
from causaray.systems.decodex.energies import Energies

Estimate = Literal["recursion", "one step", "through"]
"""How x_t is found. recursion: by a whole denoising of z_t, as published. one step: as the denoiser expects it at once,
which costs no further call (FastDiME, arXiv 2312.14223). In both no gradient passes the denoiser, and that of x_t
divided by alpha_t stands for that of z_t. through: as one step, and the gradient is that of z_t, through the denoiser.
"""


class Space(Protocol):
    """A denoiser of images that is told no condition."""

    @property
    def clock(self) -> Clock: ...

    def encode(self, images: Tensor) -> Tensor:
        """Latents z (B, C, H, W) of images (B, 1, S, S) in [0, 1]."""
        ...

    def decode(self, z: Tensor) -> Tensor:
        """Images of latents, not clamped; gradients pass."""
        ...

    def velocity(self, z: Tensor, t: Tensor) -> Tensor:
        """v at z (B, C, H, W) and t (B,)."""
        ...


class Counted:
    """A denoiser that counts its calls."""

    def __init__(self, denoise: Denoiser) -> None:
        self.denoise, self.calls = denoise, 0

    def __call__(self, z: Tensor, t: Tensor) -> Tensor:
        self.calls += 1
        return self.denoise(z, t)


@dataclass(frozen=True)
class Chain:
    """A chain of `steps` steps from noise at time `start` in [0, 1] of a space; its x_t is found by `estimate`."""

    space: Space
    start: float
    steps: int
    estimate: Estimate = "through"

    def run(self, x: Tensor, seeds: Sequence[int], energies: Energies | None = None) -> tuple[Tensor, int]:
        """What becomes of images x (B, 1, S, S), each by its own seed: images, not clamped, and the denoiser's calls.

        Without energies, or with all scales 0, it is plain ancestral sampling.
        """
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        times = self.space.clock.times(self.start, self.steps)
        denoise, z = Counted(self.space.velocity), self.space.encode(x)
        z_tau = diffuse(z, drawn(z.shape, generators).to(z), times[:1].expand(len(z)).to(z))
        pull = None if energies is None else self._pull(energies, denoise, times, seeds)
        with torch.no_grad():
            made = ancestral(denoise, z_tau, times, generator=generators, pull=pull)
            return self.space.decode(made), denoise.calls

    def _pull(self, energies: Energies, denoise: Denoiser, times: Tensor, seeds: Sequence[int]) -> Pull:
        of_images = {
            "recursion": self._recursion(energies, denoise, times, seeds),
            "one step": self._one_step(energies),
            "through": self._through(energies, denoise),
        }[self.estimate]

        def pull(z: Tensor, v: Tensor, t: Tensor) -> Tensor:
            g = torch.zeros_like(z)
            if energies.scales.of_images:
                g = g + of_images(z, v, t)
            if energies.scales.l1:
                g = g + gradient(lambda z_t: energies.of_latents(self.space.decode(z_t)), z)
            return g

        return pull

    def _of_image(self, energies: Energies) -> Callable[[Tensor], Tensor]:
        return lambda z_0: energies.of_image(self.space.decode(z_0))

    def _one_step(self, energies: Energies) -> Pull:
        return lambda z, v, t: gradient(self._of_image(energies), to_signal(z, v, t)) / alpha_sigma(t)[0]

    def _recursion(self, energies: Energies, denoise: Denoiser, times: Tensor, seeds: Sequence[int]) -> Pull:
        """The first step, which has seen no guidance yet, takes x itself; the others denoise by noise of their own."""

        def pull(z: Tensor, v: Tensor, t: Tensor) -> Tensor:
            at = int((times.to(t) - t[0]).abs().argmin())
            if at == 0:
                z_0 = self.space.encode(energies.x)
            else:
                own = [torch.Generator().manual_seed(seed + at) for seed in seeds]
                z_0 = ancestral(denoise, z, times[at:], generator=own)
            return gradient(self._of_image(energies), z_0) / alpha_sigma(t)[0]

        return pull

    def _through(self, energies: Energies, denoise: Denoiser) -> Pull:
        def pull(z: Tensor, v: Tensor, t: Tensor) -> Tensor:
            return gradient(lambda z_t: self._of_image(energies)(to_signal(z_t, denoise(z_t, t), t)), z)

        return pull


def gradient(energy: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
    """Of an energy, a number, with respect to latents z (B, C, H, W)."""
    with torch.enable_grad():
        z = z.detach().requires_grad_()
        (found,) = torch.autograd.grad(energy(z), z)
    return found

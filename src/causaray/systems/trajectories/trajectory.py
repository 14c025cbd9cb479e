"""System 3: trajectories of a prompt through the latents of a prior (arXiv 2503.23623).

The same noise is denoised under a neutral caption, and again with a change of mind at ever earlier steps. The final
latents P_0 (neutral) ... P_n (changed first) lead from one caption to the other; a curve along them is a film.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from scipy.stats import binom
from torch import Tensor

from causaray.diffusion.prior import Prior
from causaray.diffusion.sampler import Denoiser, ddim
from causaray.diffusion.schedule import diffuse
from causaray.errors import BadInput

POINTS = 10
GUIDANCE, DEPTH = 3.0, 0.7
"""Classifier-free guidance, and how far on the way to noise, in [0, 1], an image is that one starts from."""

Weights = Callable[[np.ndarray, int], np.ndarray]
"""weights(s (F,) in [0, 1], P) -> what each of P points counts at each s: (F, P), rows that sum to 1."""


def bezier(s: np.ndarray, points: int) -> np.ndarray:
    """Bernstein's polynomials C(n, i) s^i (1 - s)^(n - i), n = P - 1: smooth, near the points, not through them."""
    return binom.pmf(np.arange(points), points - 1, s[:, None])


def linear(s: np.ndarray, points: int) -> np.ndarray:
    """Hat functions: straight from each point to the next, so through all of them."""
    return (1 - np.abs(s[:, None] * (points - 1) - np.arange(points))).clip(min=0)


def straight(s: np.ndarray, points: int) -> np.ndarray:
    """From the first point to the last, whatever lies between."""
    return np.stack([1 - s, *np.zeros((points - 2, len(s))), s], 1)


CURVES: dict[str, Weights] = {"bezier": bezier, "linear": linear, "straight": straight}


def walk(points: Tensor, curve: Weights, frames: int = 50) -> Tensor:
    """Latents (F, ...) at evenly spaced s in [0, 1] on a curve of the points (P, ...)."""
    weights = curve(np.linspace(0, 1, frames), len(points))
    return torch.tensordot(torch.from_numpy(weights).to(points), points, dims=1)


def switch_steps(steps: int, points: int = POINTS) -> list[int]:
    """Where the caption changes on the way to P_1 ... P_n, evenly spaced: 45, 40, ... 5 of 50 steps.

    Raises BadInput for fewer steps than points.
    """
    if steps < points:
        raise BadInput(f"{steps} steps are too few for a trajectory; take {points} or more.")
    return [round(steps * i / points) for i in range(points - 1, 0, -1)]


def control_points(before: Denoiser, after: Denoiser, start: Tensor, times: Tensor, switches: Sequence[int]) -> Tensor:
    """Final latents (1 + len(switches), B, C, H, W) of start (B, C, H, W) at times[0].

    The first is denoised under `before` alone, the others under `after` from step `switch` on: 0 is `after` alone, as
    many as there are steps `before` alone. What comes before a switch is denoised once for all of them.
    """
    way = [start]

    def keep(i: int, z: Tensor) -> Tensor:
        way.append(z)
        return z

    ddim(before, start, times, keep)
    return torch.stack([way[-1], *(ddim(after, way[k], times[k:]) for k in switches)])


@torch.no_grad()
def trajectory(
    prior: Prior, neutral: Sequence[str], attribute: Sequence[str], start: Tensor, *,
    depth: float = 1.0, steps: int = 50, guidance: float = GUIDANCE,
) -> Tensor:  # fmt: skip
    """Control points (POINTS, B, C, H, W) from one caption to another, from latents `start` (B, C, H, W) at `depth`.

    neutral, attribute: one caption for all, or B of them.
    """
    null = prior.embed([""])
    before, after = (prior.denoiser(prior.embed(texts), null, guidance) for texts in (neutral, attribute))
    return control_points(before, after, start, prior.clock.times(depth, steps), switch_steps(steps))


@torch.no_grad()
def partly_noised(prior: Prior, images: Tensor, noise: Tensor, depth: float) -> Tensor:
    """Latents of images (B, 1, S, S) at time `depth`, their noise (B, C, H, W) being given."""
    return diffuse(prior.codec.encode(images), noise, torch.full((len(images),), depth))


@torch.no_grad()
def film(prior: Prior, points: Tensor, curve: Weights, frames: int = 50) -> Tensor:
    """Images (F, B, 1, S, S) in [0, 1] along a curve of control points (P, B, C, H, W)."""
    latents = walk(points, curve, frames)
    return prior.codec.decode(latents.flatten(0, 1)).clamp(0, 1).unflatten(0, latents.shape[:2])


def length(points: Tensor) -> Tensor:
    """Length (B,) of the way from point to point (P, B, ...), in the latents' own unit."""
    return points.diff(dim=0).flatten(2).norm(dim=2).sum(0)


def turning(points: Tensor) -> Tensor:
    """Cosine (P - 1, B) of the direction of each leg of the way with that of the first: 1 all along a straight line."""
    legs = points.diff(dim=0).flatten(2)
    return torch.cosine_similarity(legs, legs[:1], dim=2)


def bending(points: Tensor) -> Tensor:
    """Cosine (P - 2, B) of the directions of each two successive legs."""
    legs = points.diff(dim=0).flatten(2)
    return torch.cosine_similarity(legs[1:], legs[:-1], dim=2)

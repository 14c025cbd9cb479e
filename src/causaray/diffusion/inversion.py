"""Inversion: what a sampler must be given to draw an image again, so that a change of text changes little else.

Each inversion gives a `Path`: latents to start from and a rule for each step, under which the text inverted with leads
back to the image, exactly or nearly so. Network calls are counted by the prior.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

import torch
from torch import Tensor

from causaray.diffusion.prior import Prior
from causaray.diffusion.sampler import Denoiser, Each, ddim, posterior, untouched
from causaray.diffusion.schedule import diffuse, turn


class Path(Protocol):
    """How to come back. `times` fall from the start to 0; latents z (k B, C, H, W) hold k branches of the B images."""

    @property
    def times(self) -> Tensor: ...

    @property
    def start(self) -> Tensor: ...

    def step(self, i: int, before: Tensor | None, z: Tensor, v: Tensor) -> Tensor:
        """Latents after step i, from those now, those one step before (None at first) and the network's v."""
        ...

    def null(self, i: int) -> Tensor | None:
        """The null embedding (B, L, dim) that guidance is to use at step i; None for the prior's own."""
        ...


@dataclass(frozen=True)
class DdimPath:
    """DDIM run backwards (Song et al. 2021): each step takes the network's word at the wrong end, so it errs a little.

    `nulls`: null embeddings of each step that were optimised to undo those errors, and those of guidance.
    """

    times: Tensor
    start: Tensor
    nulls: tuple[Tensor, ...] = ()

    def step(self, i: int, before: Tensor | None, z: Tensor, v: Tensor) -> Tensor:
        return turn(z, v, self.times[i].expand(len(z)), self.times[i + 1].expand(len(z)))

    def null(self, i: int) -> Tensor | None:
        return self.nulls[i] if self.nulls else None


@dataclass(frozen=True)
class EditFriendlyPath:
    """Noise maps (steps, B, C, H, W) under which ancestral sampling passes through latents noised independently
    (Huberman-Spiegelglas et al. 2024): exact, and at one call a step."""

    times: Tensor
    start: Tensor
    noises: Tensor = field(repr=False)

    def step(self, i: int, before: Tensor | None, z: Tensor, v: Tensor) -> Tensor:
        mean, deviation = posterior(v, z, self.times[i].expand(len(z)), self.times[i + 1].expand(len(z)))
        branches = len(z) // self.noises.shape[1]
        return mean + (deviation if float(self.times[i + 1]) > 0 else 1.0) * self.noises[i].repeat(branches, 1, 1, 1)

    def null(self, i: int) -> Tensor | None:
        return None


@dataclass(frozen=True)
class LeapfrogPath:
    """A rule that can be read both ways (BDIA, Zhang et al. 2023, gamma = 1): z_after = z_before + (the DDIM step down
    from z) - (the DDIM step up from z). `second`: the latents after the first step, without which it cannot begin."""

    times: Tensor
    start: Tensor
    second: Tensor

    def step(self, i: int, before: Tensor | None, z: Tensor, v: Tensor) -> Tensor:
        if before is None:
            return self.second.repeat(len(z) // len(self.second), 1, 1, 1)
        up, now, down = (self.times[j].expand(len(z)) for j in (i - 1, i, i + 1))
        return before + turn(z, v, now, down) - turn(z, v, now, up)

    def null(self, i: int) -> Tensor | None:
        return None


def invert_ddim(denoise: Denoiser, z: Tensor, times: Tensor) -> tuple[DdimPath, list[Tensor]]:
    """The path by DDIM of clean latents z, and the latents that it passed at each of `times` (falling)."""
    passed = [z]

    def keep(i: int, here: Tensor) -> Tensor:
        passed.append(here)
        return here

    ddim(denoise, z, times.flip(0), keep)
    return DdimPath(times, passed[-1]), passed[::-1]


def invert_edit_friendly(denoise: Denoiser, z: Tensor, times: Tensor, generator: torch.Generator) -> EditFriendlyPath:
    """Noise maps of clean latents z (B, C, H, W): a call a step."""
    passed = [diffuse(z, torch.randn(z.shape, generator=generator).to(z), t.expand(len(z))) for t in times[:-1]] + [z]
    noises = []
    for i, (here, after) in enumerate(pairwise(passed)):
        now, then = times[i].expand(len(z)), times[i + 1].expand(len(z))
        mean, deviation = posterior(denoise(here, now), here, now, then)
        noises.append((after - mean) / (deviation if float(times[i + 1]) > 0 else 1.0))
    return EditFriendlyPath(times, passed[0], torch.stack(noises))


def invert_leapfrog(denoise: Denoiser, z: Tensor, times: Tensor) -> LeapfrogPath:
    """The leapfrog path of clean latents z: a call a step, the first of them plain DDIM."""
    rows = [t.expand(len(z)) for t in times]
    after, here = z, turn(z, denoise(z, rows[-1]), rows[-1], rows[-2])
    for i in range(len(times) - 2, 0, -1):
        v = denoise(here, rows[i])
        before = after - turn(here, v, rows[i], rows[i + 1]) + turn(here, v, rows[i], rows[i - 1])
        after, here = here, before
    return LeapfrogPath(times, here, after)


def optimise_nulls(
    prior: Prior, passed: list[Tensor], times: Tensor, context: Tensor, guidance: float, inner: int = 10,
    lr: float = 1e-2, enough: float = 1e-5,
) -> DdimPath:  # fmt: skip
    """Null-text inversion (Mokady et al. 2023): embeddings of the null text, one a step, under which guidance leads
    from passed[0] along `passed`.

    Each step takes up to `inner` updates by Adam, fewer once the mean squared error is below `enough` + i 2e-5, and
    starts from the embedding of the step before. The context's own v does not depend on them and is asked once.
    """
    null, z, found = prior.embed([""]).expand(len(context), -1, -1).clone(), passed[0], []
    for i in range(len(times) - 1):
        now, after = (times[j].expand(len(z)) for j in (i, i + 1))
        with torch.no_grad():
            toward = prior(z, now, context)
        null = _fitted(prior, null, z, toward, (now, after), passed[i + 1], guidance, inner, lr, enough + i * 2e-5)
        found.append(null)
        with torch.no_grad():
            away = prior(z, now, null)
            z = turn(z, away + guidance * (toward - away), now, after)
    return DdimPath(times, passed[0], tuple(found))


def _fitted(
    prior: Prior, null: Tensor, z: Tensor, toward: Tensor, between: tuple[Tensor, Tensor], wanted: Tensor,
    guidance: float, inner: int, lr: float, enough: float,
) -> Tensor:  # fmt: skip
    """The null embedding of one step."""
    null = null.detach().clone().requires_grad_(True)
    optimiser = torch.optim.Adam([null], lr=lr)
    with torch.enable_grad():
        for _ in range(inner):
            away = prior(z, between[0], null)
            loss = (turn(z, away + guidance * (toward - away), *between) - wanted).square().mean()
            optimiser.zero_grad()
            loss.backward(inputs=[null])
            optimiser.step()
            if loss.item() < enough:
                break
    return null.detach()


def follow(path: Path, velocity: Callable[[int, Tensor], Tensor], branches: int = 1, each: Each = untouched) -> Tensor:
    """Latents (branches B, C, H, W) at the end of a path; `velocity(i, z)` is what the network says at step i.

    each: as a sampler's.
    """
    before, z = None, path.start.repeat(branches, 1, 1, 1)
    for i in range(len(path.times) - 1):
        before, z = z, each(i, path.step(i, before, z, velocity(i, z)))
    return z

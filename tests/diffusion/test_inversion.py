"""Inversions on an untrained network: exactness is of the rule, not of the training."""

import torch

from causaray.diffusion.inversion import (
    follow,
    invert_ddim,
    invert_edit_friendly,
    invert_leapfrog,
    optimise_nulls,
)
from causaray.diffusion.prior import Prior
from causaray.diffusion.schedule import times
from causaray.experiments.cost import counted


def error(prior: Prior, path, z: torch.Tensor, context: torch.Tensor, guidance: float = 1.0) -> float:
    def velocity(i: int, here: torch.Tensor) -> torch.Tensor:
        t = path.times[i].expand(len(here))
        toward = prior(here, t, context)
        if guidance == 1:
            return toward
        null = path.null(i)
        away = prior(here, t, prior.embed([""]) if null is None else null)
        return away + guidance * (toward - away)

    return float((follow(path, velocity) - z).abs().mean())


def test_edit_friendly_and_leapfrog_come_back_exactly_at_a_call_a_step(prior: Prior) -> None:
    z, context, at = prior.noise(2, 1), prior.embed(["edema"]), times(0.8, 10)
    denoise = prior.denoiser(context)
    for invert in (
        lambda: invert_edit_friendly(denoise, z, at, torch.Generator().manual_seed(0)),
        lambda: invert_leapfrog(denoise, z, at),
    ):
        with counted(prior.unet) as calls:
            path = invert()
        assert calls.rows == 2 * 10
        assert error(prior, path, z, context) < 1e-3


def test_noise_maps_are_spent_by_every_branch_alike(prior: Prior) -> None:
    z, context = prior.noise(1, 1), prior.embed(["edema"])
    path = invert_edit_friendly(prior.denoiser(context), z, times(0.8, 6), torch.Generator().manual_seed(0))
    both = follow(path, lambda i, here: prior(here, path.times[i].expand(len(here)), context), branches=2)
    torch.testing.assert_close(both[0], both[1])


def test_null_texts_undo_most_of_what_guidance_does_to_ddim(prior: Prior) -> None:
    z, context, at = prior.noise(1, 1), prior.embed(["edema"]), times(0.8, 10)
    with torch.no_grad():
        path, passed = invert_ddim(prior.denoiser(context), z, at)
    assert torch.equal(passed[-1], z) and len(passed) == 11
    plain = error(prior, path, z, context, guidance=3.0)
    optimised = optimise_nulls(prior, passed, at, context, guidance=3.0, inner=15, lr=0.1, enough=0.0)
    assert error(prior, optimised, z, context, guidance=3.0) < 0.9 * plain

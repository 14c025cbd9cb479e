"""Train what system 1 is compared with: on the same rows, in the same number of updates of the same batches."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import torch
from torch import nn

from causaray import devices
from causaray.cohorts import open_cohorts
from causaray.nets.autoencoder import CausalAutoencoder
from causaray.nets.discriminator import PatchDiscriminator
from causaray.nets.ladder import SMALLEST, Ladder, LadderShape, resolutions
from causaray.systems.baselines import conditional_vae, latent_diffusion
from causaray.systems.baselines.conditional_vae import VariationalEditor, negative_elbo
from causaray.systems.baselines.latent_diffusion import LatentDiffusion, LatentDiffusionEditor
from causaray.systems.causal_disentanglement.stage1_group_supervision import GroupSupervision, Weights
from causaray.systems.causal_disentanglement.training.stages import disentangle, learn_prior, told
from causaray.systems.causal_disentanglement.training.train import configure
from causaray.training.loop import Task, run
from causaray.training.recipe import Recipe
from causaray.training.source import Source, learnable, trained_on, training_rows
from causaray.training.updates import adamw, update

FLAT, RUNG = 32, 8
"""Channels of the noise: of the one rung of a conditional VAE, and of each of a hierarchical one."""


def train_baseline(kind: str, plan: Recipe, cohorts: Iterable[Path], out: Path) -> Path:
    """Train one of KINDS for a recipe of system 1 and return its weights folder, out/<kind>; resumes what `out` holds.

    Its autoencoder gets the updates of stage 1, its prior those of stage 2. Raises BadInput as `train` does.
    """
    cohort = training_rows(open_cohorts(list(cohorts)), plan)
    names, place = learnable(cohort), devices.resolved()
    torch.manual_seed(plan.seed)
    KINDS[kind](Source(cohort, names, plan, place), names, plan, out, out / kind, {"cohorts": trained_on(cohort)})
    return out / kind


def train_latent_diffusion(
    source: Source, names: tuple[str, ...], plan: Recipe, out: Path, folder: Path, about: dict[str, object]
) -> None:
    """The autoencoder of system 1 with no swap and no T, then a diffusion model of its whole latent."""
    latent = plan.latent.model_copy(update={"transformer_layers": 0})
    config = configure(plan.model_copy(update={"name": folder.name, "latent": latent}), names)
    net = LatentDiffusion(config).to(source.device)
    train_autoencoder(net.autoencoder, source, plan, out)
    condition = partial(told, null=plan.stage2.null)
    learn_prior(net.denoiser, net.scale, net.encode, source, plan.stage2, condition, plan.seed, out, "prior")
    LatentDiffusionEditor(net.cpu(), config).save(folder, **about)


def train_autoencoder(model: CausalAutoencoder, source: Source, plan: Recipe, out: Path) -> None:
    """Stage 1 without group supervision; leaves the average in `model`."""
    stage = plan.stage1.model_copy(update={"swap_from": plan.stage1.steps})
    weights = Weights(**stage.weights.model_dump() | {"leak": 0.0})
    critic = PatchDiscriminator(source.n)
    supervision = GroupSupervision(model, nn.Identity(), critic, weights, source.positive_weights())
    disentangle(supervision, source, stage, plan.seed, out, "autoencoder")


def train_variational(
    rungs: Callable[[int], tuple[int, ...]], channels: int,
    source: Source, names: tuple[str, ...], plan: Recipe, out: Path, folder: Path, about: dict[str, object],
) -> None:  # fmt: skip
    """A ladder with those rungs for the recipe's image size, each of so many channels."""
    shape = LadderShape(plan.size, rungs(plan.size), channels, plan.latent.width)
    config = conditional_vae.Config(folder.name, names, shape, plan.graded)
    ladder = Ladder(shape, source.n).to(source.device)
    optimiser, draw = adamw(ladder, plan.stage1.lr), source.batches(plan.stage1.batch, plan.seed)

    def step(i: int) -> dict[str, float]:
        batch = draw(i)
        with source.precision():
            explained = ladder(batch.images, told(batch.labels, plan.stage2.null))
            losses = negative_elbo(batch.images, *explained)
        update(torch.stack(list(losses.values())).sum(), optimiser, plan.stage1.clip)
        return {name: float(loss.detach()) for name, loss in losses.items()}

    task = Task({"net": ladder}, {"net": optimiser}, step, "net")
    ladder.load_state_dict(run(task, plan.stage1.steps, out, "ladder"))
    VariationalEditor(ladder.cpu(), config).save(folder, **about)


Trainer = Callable[[Source, tuple[str, ...], Recipe, Path, Path, dict[str, object]], None]
KINDS: dict[str, Trainer] = {
    latent_diffusion.METHOD: train_latent_diffusion,
    "conditional-vae": partial(train_variational, lambda size: (SMALLEST,), FLAT),
    "hierarchical-vae": partial(train_variational, resolutions, RUNG),
}

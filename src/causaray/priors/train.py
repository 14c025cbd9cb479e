"""Train the text-conditioned prior of whole radiographs on the latents of an autoencoder of system 1."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from causaray import devices, weightfiles
from causaray.cohorts import open_cohorts
from causaray.diffusion.prior import Prior
from causaray.diffusion.schedule import diffuse, velocity
from causaray.priors.text_prior import Config, build, keep_autoencoder, read_autoencoder, save_prior
from causaray.priors.training_captions import Captions
from causaray.systems.causal_disentanglement.training.stages import encode_cache
from causaray.training.loop import Task, run
from causaray.training.parallel import own_share
from causaray.training.recipe import PriorRecipe, claim, load_plan
from causaray.training.source import Batches, Source, learnable, trained_on, training_rows
from causaray.training.updates import adamw, update


def train(
    recipe: str | Path, cohorts: Iterable[Path], out: Path, seed: int | None = None, device: str = devices.AUTO
) -> Path:
    """Train on split `train` and return the weights folder out/<recipe name>. Resumes what `out` holds.

    Raises BadInput for cohorts of another size than the recipe's or without training rows, and for an autoencoder that
    is none or of another size.
    """
    plan = load_plan(recipe, PriorRecipe, seed)
    cohort = training_rows(open_cohorts(list(cohorts)), plan)
    claim(out, plan)
    torch.manual_seed(plan.seed)
    names, folder = learnable(cohort), weightfiles.find(plan.autoencoder)
    captions = Captions(cohort, names, plan.null, plan.seed)
    config = Config(
        plan.name, folder.name, names, captions.vocabulary, plan.length, plan.patch, plan.width, plan.dim
    )  # fmt: skip
    prior = build(config, read_autoencoder(folder))
    source = Source(cohort, names, plan, devices.resolved(device))
    learn(prior.to(source.device), source, captions, plan, out)
    made = out / plan.name
    about = {
        "recipe": plan.model_dump(),
        "cohorts": trained_on(cohort),
        "autoencoder_digest": weightfiles.digest(folder),
    }
    save_prior(prior.cpu(), config, made, **about)
    keep_autoencoder(folder, made)
    return made


class Told(Protocol):
    """Captions of the rows that are drawn from; "" of some, the null condition."""

    def of(self, rows: Sequence[int]) -> list[str]: ...


def learn(prior: Prior, source: Batches, captions: Told, plan: PriorRecipe, out: Path) -> None:
    """Leaves the average of the training in `prior`; the codec's scale is fitted."""
    latents, rows = encode_cache(prior.codec.latent, source, plan.cache, plan.seed, lambda batch: batch.rows)
    prior.codec.scale.fit(latents)
    latents = prior.codec.fold(prior.codec.scale(latents))
    learning = torch.nn.ModuleDict({"unet": prior.unet, "text_encoder": prior.text_encoder})
    optimiser = adamw(learning, plan.run.lr)

    def step(i: int) -> dict[str, float]:
        chosen = torch.randint(len(rows), (plan.run.batch,))[own_share(plan.run.batch)]
        texts = captions.of(rows[chosen].tolist())
        with source.precision():
            loss = prior_loss(prior, latents[chosen.to(latents.device)], prior.embed(texts))
        update(loss, optimiser, clip=1.0)
        return {"loss": loss.item()}

    task = Task({"net": learning}, {"net": optimiser}, step, "net")
    learning.load_state_dict(run(task, plan.run.steps, out, "prior"))


def prior_loss(prior: Prior, z: Tensor, context: Tensor) -> Tensor:
    """E w(t) ||v - v_theta(z_t, t, text)||^2 for latents z (B, C, H, W) under `context` (B, L, dim).

    Times and weight are the clock's: even in [0, 1] and 1 of ours, those of its error in eps of a network that says it.
    """
    t, noise = prior.clock.draw(len(z)).to(z.device), torch.randn_like(z)
    error = prior(diffuse(z, noise, t), t, context) - velocity(z, noise, t)
    return (prior.clock.weight(t) * error.square()).mean()

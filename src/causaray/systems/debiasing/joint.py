"""Classifier and generator trained end to end: each update is one of f, one of D, and one of G through f."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from causaray.classifiers.calibration import Calibrated
from causaray.classifiers.labelled_rows import LabelledRows
from causaray.classifiers.train import Objective
from causaray.cohorts.batches import augment
from causaray.nets.discriminator import PatchDiscriminator
from causaray.systems.debiasing.generator import CounterfactualGenerator
from causaray.systems.debiasing.losses import class_loss, coarsened, discriminator_loss, kept_loss, realness_loss
from causaray.systems.debiasing.recipe import DebiasingRecipe
from causaray.training.loop import Task, run
from causaray.training.updates import adamw, update

CLIP = 5.0


class Pair(nn.Module):
    """A classifier f of one finding, and the generator G of its counterfactuals."""

    def __init__(self, classifier: Calibrated, generator: CounterfactualGenerator) -> None:
        super().__init__()
        self.classifier, self.generator = classifier, generator

    def forward(self, images: Tensor) -> Tensor:
        """The counterfactuals of images (B, 1, S, S) in [0, 1]: of the class that f does not see in them."""
        return self.generator(images, 1 - self.seen(images))

    @torch.no_grad()
    def seen(self, images: Tensor) -> Tensor:
        """The class (B,), 0 or 1, that f sees in images: the finding from even odds on."""
        return (self.classifier.log_odds(images)[:, 0] >= 0).float()


@dataclass(frozen=True)
class Adversary:
    """The updates of generator and discriminator on a batch, through a classifier that does not learn by them."""

    pair: Pair
    discriminator: PatchDiscriminator
    plan: DebiasingRecipe
    source: LabelledRows
    optimisers: dict[str, torch.optim.Optimizer]

    def step(self, images: Tensor) -> dict[str, float]:
        """One update of each on images (B, 1, S, S). Half of them go there and back, half are asked to stay."""
        self.pair.classifier.eval().requires_grad_(False)
        weights, half = self.plan.generator, len(images) // 2
        with self.source.precision():
            seen = self.pair.seen(images)
            made = self.pair.generator(images, 1 - seen)
            fooled = self._realness(made.detach())
            d_loss = discriminator_loss(self._realness(images), fooled)
        update(d_loss, self.optimisers["discriminator"], CLIP)
        self.discriminator.requires_grad_(False)
        with self.source.precision():
            again = self.pair.generator(torch.cat([made[:half], images[half:]]), seen)
            losses = {
                "adversarial": realness_loss(self._realness(made)),
                "cycle": kept_loss(again[:half], images[:half]),
                "identity": kept_loss(again[half:], images[half:]),
                "classifier": class_loss(self.pair.classifier.log_odds(coarsened(made)), 1 - seen),
            }
        loss = torch.stack([getattr(weights, name) * value for name, value in losses.items()]).sum()
        update(loss, self.optimisers["generator"], CLIP)
        self.discriminator.requires_grad_(True)
        return {"discriminator": d_loss.item()} | {name: value.item() for name, value in losses.items()}

    def _realness(self, images: Tensor) -> Tensor:
        """Realness of images whose class is not told: a discriminator that knew the classes of a biased cohort would
        ask for the artifact, whatever f answers to."""
        return self.discriminator(images, images.new_zeros(len(images), 1))


def train_pair(
    pair: Pair,
    source: LabelledRows,
    objective: Objective | None,
    plan: DebiasingRecipe,
    steps: int,
    out: Path,
    name: str,
) -> Pair:
    """Train a pair and leave the running average of its weights in it; resumes out/<name>.pt.

    objective: of f; None where f stays as it is, and G alone learns.
    """
    torch.manual_seed(plan.seed)
    discriminator = PatchDiscriminator(1, plan.generator.discriminator).to(source.device)
    optimisers: dict[str, torch.optim.Optimizer] = {
        "generator": adamw(pair.generator, plan.generator.lr),
        "discriminator": adamw(discriminator, plan.generator.lr),
    }
    modules: dict[str, nn.Module] = {"pair": pair, "discriminator": discriminator}
    if objective is not None:
        pair.classifier.requires_grad_(True)
        optimisers["classifier"] = adamw(pair.classifier, plan.run.lr, plan.weight_decay)
    if isinstance(objective, nn.Module):
        modules["objective"] = objective
    draw, move = source.batches(plan.run.batch, plan.seed), partial(augment, strength=plan.augment)
    adversary = Adversary(pair, discriminator, plan, source, optimisers)

    def step(i: int) -> dict[str, float]:
        drawn = draw(i)
        images = (move(drawn.images) if plan.augment else drawn.images).to(source.device)
        told: dict[str, float] = {}
        if objective is not None:
            pair.classifier.train().requires_grad_(True)
            with source.precision():
                logits = pair.classifier.logits(coarsened(images))
            loss = objective(logits, drawn.labels.to(source.device), drawn.rows.to(source.device))
            update(loss, optimisers["classifier"], CLIP)
            told["risk"] = loss.item()
        return told | adversary.step(images[: plan.generator.edited])

    pair.load_state_dict(run(Task(modules, optimisers, step, "pair"), steps, out, name))
    return pair.eval().requires_grad_(False)

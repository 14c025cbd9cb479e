"""Train what a recipe of DeCoDEx asks for: classifier and detector on split train, read on split val."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray import devices
from causaray.classifiers.calibration import Calibrated, calibrate
from causaray.classifiers.groups import empirical_risk, groups_of
from causaray.classifiers.labelled_rows import LabelledRows, even
from causaray.classifiers.train import train_classifier
from causaray.cohorts import Cohort, open_cohorts
from causaray.cohorts.batches import augment
from causaray.cohorts.trust import trusted_labels
from causaray.errors import BadInput
from causaray.evaluation.classification.reliance import check_detector
from causaray.systems.decodex.counterfactuals import Nested
from causaray.systems.decodex.guides import probabilities
from causaray.systems.decodex.recipe import DecodexRecipe
from causaray.systems.decodex.rows import Rows
from causaray.systems.decodex.weights import Config, DecodexNet, Shape, save
from causaray.training.recipe import Run, claim, load_plan
from causaray.training.source import learnable, trained_on, training_rows
from causaray.training.updates import adamw

CLIP = 5.0
FITTED = 2000
"""Training images that the diffusion model is fitted to, at most."""


def train(
    recipe: str | Path, cohorts: Iterable[Path], out: Path, seed: int | None = None, device: str = devices.AUTO
) -> Path:
    """Train for a recipe and return the weights folder out/<recipe name>. Resumes what `out` holds.

    Raises BadInput for cohorts of another size than the recipe's, for a finding or an artifact that they do not teach,
    and for a detector that is not better than chance on split val.
    """
    plan = load_plan(recipe, DecodexRecipe, seed)
    cohort = open_cohorts(list(cohorts))
    train_rows = rows_of(training_rows(cohort, plan), plan)
    val_rows = rows_of(cohort.subset(split="val").frontal(), plan)
    claim(out, plan)
    net = learn(plan, train_rows, val_rows, out, device)
    save(net.cpu(), config_of(plan), out / plan.name, recipe=plan.model_dump(mode="json"), cohorts=trained_on(cohort))
    return out / plan.name


def rows_of(rows: Cohort, plan: DecodexRecipe) -> Rows:
    """What is known of a cohort's rows. Raises BadInput for a finding or an artifact that they do not teach."""
    if plan.finding not in (taught := learnable(rows)):
        raise BadInput(f"{plan.finding} is not both present and absent in the rows; learned can be "
                       f"{', '.join(taught) or 'none'}.")  # fmt: skip
    labels = trusted_labels(rows, (plan.finding,))[:, 0]
    rows, labels = rows.subset(mask=np.isfinite(labels)), labels[np.isfinite(labels)]
    artifact, names = groups_of(rows.table, (plan.artifact,))
    if len(names) != 2:
        raise BadInput(f"{plan.artifact} has {len(names)} values; an artifact is there or not, which is two.")
    return Rows(rows.images, labels == 1, artifact == 1, rows.table["patient"].to_numpy())


def config_of(plan: DecodexRecipe) -> Config:
    """What the weights of a recipe say of themselves."""
    return Config(
        plan.name, (plan.finding,), plan.artifact, Shape(plan.size, plan.axes, plan.look),
        Nested(plan.class_scales, plan.detector_scales, plan.l1, plan.perceptual), plan.start, plan.steps,
        plan.estimate,
    )  # fmt: skip


def learn(plan: DecodexRecipe, train: Rows, val: Rows, out: Path, device: str = devices.AUTO) -> DecodexNet:
    """The diffusion model fitted, and both nets trained on rows and calibrated on others; resumes what `out` holds.

    Raises BadInput for a detector that is not better than chance on `val`, and for nets that give no finite numbers.
    """
    torch.manual_seed(plan.seed)
    net = DecodexNet(Shape(plan.size, plan.axes, plan.look))
    some = np.sort(np.random.default_rng(plan.seed).permutation(len(train))[:FITTED])
    net.space.fit(torch.as_tensor(train.images(some)))
    place, guides = devices.resolved(device), net.guides
    read(guides.classifier, plan.classifier, plan, train, train.finding, out, "classifier", place)
    read(guides.detector, plan.detector, plan, train, train.artifact, out, "detector", place)
    calibrate_on(guides.classifier, val, val.finding)
    calibrate_on(guides.detector, val, val.artifact)
    seen = torch.as_tensor(val.images(np.arange(len(val))))
    said = [probabilities(one, seen).numpy() for one in (guides.classifier, guides.detector)]
    if not all(np.isfinite(one).all() for one in said):
        raise BadInput("The nets give no finite numbers on split val; train them at a lower rate (lr).")
    check_detector(val.artifact.astype(int), said[1], val.patients, plan.seed)
    return net.eval().requires_grad_(False)


def read(
    net: Calibrated, run: Run, plan: DecodexRecipe, rows: Rows, shown: np.ndarray, out: Path, name: str,
    place: torch.device,
) -> None:  # fmt: skip
    """Train a net to read what rows show (N,), bool, all rows drawn alike; leaves it on the CPU."""
    labels: Tensor = torch.from_numpy(shown).float()[:, None]
    source = LabelledRows(rows.images, labels, even(len(rows)), bf16=plan.precision == "bf16", device=place)
    net.to(place)
    train_classifier(
        net.net, source, empirical_risk(), adamw(net.net, run.lr, plan.weight_decay),
        partial(shown_as, plan), batch=run.batch, steps=run.steps, seed=plan.seed, out=out, name=name, clip=CLIP,
    )  # fmt: skip
    net.cpu()


def shown_as(plan: DecodexRecipe, images: Tensor) -> Tensor:
    """Images (B, 1, S, S) as the nets learn from them: augmented, and each as noisy as chance has it."""
    seen = augment(images, plan.augment)
    return seen + plan.noise * torch.rand(len(seen), 1, 1, 1) * torch.randn_like(seen)


def calibrate_on(net: Calibrated, rows: Rows, shown: np.ndarray) -> None:
    """The line of a net of one label, fitted on rows and what they show (N,)."""
    calibrate(net.eval(), lambda part: np.asarray(rows.images(part)), shown[:, None].astype(float))

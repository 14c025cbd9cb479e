"""Train a diffusion classifier of a recipe: the denoiser on split train, its read-out on split val."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray import devices
from causaray.classifiers.labelled_rows import LabelledRows, even
from causaray.cohorts import Cohort, open_cohorts
from causaray.cohorts.batches import augment
from causaray.cohorts.trust import trusted_labels
from causaray.errors import BadInput
from causaray.nets.losses import label_evidence
from causaray.systems.diffusion_classifier.classifier import DiffusionClassifier, ReadOut, fit
from causaray.systems.diffusion_classifier.denoiser import ClassDenoiser, Shape, loss
from causaray.systems.diffusion_classifier.recipe import DiffusionClassifierRecipe
from causaray.systems.diffusion_classifier.weights import Config, save
from causaray.training.loop import Task, run
from causaray.training.recipe import claim, load_plan
from causaray.training.source import learnable, trained_on, training_rows
from causaray.training.updates import adamw, update

CLIP = 1.0


def train(
    recipe: str | Path, cohorts: Iterable[Path], out: Path, seed: int | None = None, device: str = devices.AUTO
) -> Path:
    """Train for a recipe and return the weights folder out/<recipe name>. Resumes what `out` holds.

    Raises BadInput for cohorts of another size than the recipe's or without training rows, and for a finding that they
    do not teach.
    """
    plan = load_plan(recipe, DiffusionClassifierRecipe)
    plan = plan if seed is None else plan.model_copy(update={"seed": seed})
    return train_on(open_cohorts(list(cohorts)), plan, out, device)


def train_on(cohort: Cohort, plan: DiffusionClassifierRecipe, out: Path, device: str = devices.AUTO) -> Path:
    """As `train`, on a cohort that is open already."""
    rows = training_rows(cohort, plan)
    names = findings(rows, plan)
    claim(out, plan)
    torch.manual_seed(plan.seed)
    place = devices.resolved(device)
    shape = Shape(plan.size, plan.levels, plan.width, plan.dim, plan.precision == "bf16")
    net = ClassDenoiser(len(names), shape).to(place)
    learn(net, rows, names, plan, out)
    net = net.eval().requires_grad_(False)
    read_out = fit_on(net, cohort, names, plan)
    save(net.cpu(), Config(plan.name, names, shape, read_out, plan.guidance), out / plan.name,
         recipe=plan.model_dump(), cohorts=trained_on(cohort))  # fmt: skip
    return out / plan.name


def findings(rows: Cohort, plan: DiffusionClassifierRecipe) -> tuple[str, ...]:
    """What the recipe names, or all that rows teach. Raises BadInput for a finding that they do not teach, or none."""
    taught = learnable(rows)
    if strange := [name for name in plan.labels if name not in taught]:
        raise BadInput(f"{strange[0]} is not both present and absent in the training rows; learned can be "
                       f"{', '.join(taught) or 'none'}.")  # fmt: skip
    if not taught:
        raise BadInput("The training rows show no finding both present and absent; a classifier needs two classes.")
    return plan.labels or taught


def learn(net: ClassDenoiser, rows: Cohort, names: tuple[str, ...], plan: DiffusionClassifierRecipe, out: Path) -> None:
    """Leaves the average of the training in `net`."""
    place = net.findings.present.weight.device
    labels = torch.from_numpy(trusted_labels(rows, names)).float()
    draw = LabelledRows(rows.images, labels, even(len(rows))).batches(plan.run.batch, plan.seed)
    optimiser = adamw(net, plan.run.lr)

    def step(i: int) -> dict[str, float]:
        batch = draw(i)
        images = augment(batch.images, plan.augment) if plan.augment else batch.images
        evidence = told(batch.labels, plan.null).to(place)
        value = loss(net, net.encode(images), evidence)
        update(value, optimiser, CLIP)
        return {"loss": value.item()}

    net.load_state_dict(run(Task({"net": net}, {"net": optimiser}, step, "net"), plan.run.steps, out, "denoiser"))


def told(labels: Tensor, null: float) -> Tensor:
    """Evidence (B, n) of labels, 1, 0 or NaN unknown: with probability `null` nothing is told.

    Of several findings a random share is told, since a classification names one alone.
    """
    evidence = label_evidence(labels)
    nothing, share = torch.rand(2, len(evidence), 1)
    if evidence.shape[1] > 1:
        evidence = evidence * (torch.rand_like(evidence) < share)
    return evidence * (nothing >= null)


def fit_on(net: ClassDenoiser, cohort: Cohort, names: tuple[str, ...], plan: DiffusionClassifierRecipe) -> ReadOut:
    """The read-out, fitted on images of split val; as it is where the cohort has none."""
    read_out = ReadOut(plan.decision, plan.draws, plan.seed)
    val = cohort.subset(split="val").frontal()
    chosen = np.sort(np.random.default_rng(plan.seed).permutation(len(val))[: plan.fitted_on])
    if not len(chosen):
        return read_out
    images, labels = torch.from_numpy(val.images(chosen)), trusted_labels(val, names)[chosen]
    return fit(DiffusionClassifier(net, names, read_out), images, labels)

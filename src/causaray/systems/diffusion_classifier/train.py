"""Train a diffusion classifier of a recipe: the denoiser on split train, its read-out on split val."""

from collections.abc import Callable, Iterable
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
FITTED = 2000
"""Training images of which means and variance are taken."""
Images = Callable[[np.ndarray], np.ndarray | Tensor]
"""Row numbers (B,) to images (B, 1, S, S) in [0, 1]."""


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
    net = denoiser(len(names), plan, devices.resolved(device))
    learn(net, rows.images, trusted_labels(rows, names), plan, out)
    val = cohort.subset(split="val").frontal()
    chosen = np.sort(np.random.default_rng(plan.seed).permutation(len(val))[: plan.fitted_on])
    images, labels = torch.from_numpy(val.images(chosen)), trusted_labels(val, names)[chosen]
    read_out = fit(DiffusionClassifier(net, names, ReadOut(plan.decision, plan.draws, plan.seed)), images, labels)
    config = Config(plan.name, names, shape_of(plan), read_out, plan.guidance)
    save(net.cpu(), config, out / plan.name, recipe=plan.model_dump(), cohorts=trained_on(cohort))
    return out / plan.name


def shape_of(plan: DiffusionClassifierRecipe) -> Shape:
    """The denoiser that a recipe asks for."""
    return Shape(plan.size, plan.levels, plan.patch, plan.dim, plan.layers, plan.precision == "bf16")


def denoiser(n_findings: int, plan: DiffusionClassifierRecipe, place: torch.device) -> ClassDenoiser:
    """The untrained denoiser of a recipe, on a device; its weights are drawn by the recipe's seed."""
    torch.manual_seed(plan.seed)
    return ClassDenoiser(n_findings, shape_of(plan)).to(place)


def findings(rows: Cohort, plan: DiffusionClassifierRecipe) -> tuple[str, ...]:
    """What the recipe names, or all that rows teach. Raises BadInput for a finding that they do not teach, or none."""
    taught = learnable(rows)
    if strange := [name for name in plan.labels if name not in taught]:
        raise BadInput(f"{strange[0]} is not both present and absent in the training rows; learned can be "
                       f"{', '.join(taught) or 'none'}.")  # fmt: skip
    if not taught:
        raise BadInput("The training rows show no finding both present and absent; a classifier needs two classes.")
    return plan.labels or taught


def learn(net: ClassDenoiser, images: Images, labels: np.ndarray, plan: DiffusionClassifierRecipe, out: Path) -> None:
    """Leaves the average of the training in `net`, which does not learn any more; resumes out/denoiser.pt.

    images: row numbers (B,) to images (B, 1, S, S) in [0, 1]; labels: (N, n), 1, 0 or NaN unknown. All rows are drawn
    alike.
    """
    place = net.device
    some = np.sort(np.random.default_rng(plan.seed).permutation(len(labels))[:FITTED])
    net.fit_gaussians(net.encode(torch.as_tensor(images(some))), torch.from_numpy(labels[some]))
    rows = LabelledRows(images, torch.from_numpy(labels).float(), even(len(labels)))
    draw, optimiser = rows.batches(plan.run.batch, plan.seed), adamw(net, plan.run.lr)

    def step(i: int) -> dict[str, float]:
        batch = draw(i)
        seen = augment(batch.images, plan.augment) if plan.augment else batch.images
        value = loss(net, net.encode(seen), told(batch.labels, plan.null).to(place))
        update(value, optimiser, CLIP)
        return {"loss": value.item()}

    net.load_state_dict(run(Task({"net": net}, {"net": optimiser}, step, "net"), plan.run.steps, out, "denoiser"))
    net.eval().requires_grad_(False)


def told(labels: Tensor, null: float) -> Tensor:
    """Evidence (B, n) of labels, 1, 0 or NaN unknown: with probability `null` nothing is told.

    Of several findings a random share is told, since a classification names one alone.
    """
    evidence = label_evidence(labels)
    nothing, share = torch.rand(2, len(evidence), 1)
    if evidence.shape[1] > 1:
        evidence = evidence * (torch.rand_like(evidence) < share)
    return evidence * (nothing >= null)

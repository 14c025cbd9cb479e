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
from causaray.systems.diffusion_classifier.classifier import DiffusionClassifier, ReadOut, fit
from causaray.systems.diffusion_classifier.denoiser import CLASSES, ClassDenoiser, Shape, loss
from causaray.systems.diffusion_classifier.recipe import DiffusionClassifierRecipe
from causaray.systems.diffusion_classifier.weights import Config, save
from causaray.training.loop import Task, run
from causaray.training.recipe import claim, load_plan
from causaray.training.source import learnable, trained_on, training_rows
from causaray.training.updates import adamw, update

CLIP = 1.0
FITTED = 2000
"""Training images that the Gaussians are fitted to."""
Images = Callable[[np.ndarray], np.ndarray | Tensor]
"""Row numbers (B,) to images (B, 1, S, S) in [0, 1]."""


def train(
    recipe: str | Path, cohorts: Iterable[Path], out: Path, seed: int | None = None, device: str = devices.AUTO
) -> Path:
    """Train for a recipe and return the weights folder out/<recipe name>. Resumes what `out` holds.

    Raises BadInput for cohorts of another size than the recipe's or without training rows, and for a finding that they
    do not teach.
    """
    plan = load_plan(recipe, DiffusionClassifierRecipe, seed)
    return train_on(open_cohorts(list(cohorts)), plan, out, device)


def train_on(cohort: Cohort, plan: DiffusionClassifierRecipe, out: Path, device: str = devices.AUTO) -> Path:
    """As `train`, on a cohort that is open already."""
    rows = training_rows(cohort, plan)
    names = finding(rows, plan)
    labels = trusted_labels(rows, names)
    rows, labels = rows.subset(mask=np.isfinite(labels[:, 0])), labels[np.isfinite(labels[:, 0])]
    net = denoiser(plan, rows.images, labels[:, 0] == 1, devices.resolved(device))
    claim(out, plan)
    learn(net, rows.images, labels[:, 0] == 1, plan, out)
    val = cohort.subset(split="val").frontal()
    chosen = np.sort(np.random.default_rng(plan.seed).permutation(len(val))[: plan.fitted_on])
    images, labels = torch.from_numpy(val.images(chosen)), trusted_labels(val, names)[chosen]
    read_out = fit(DiffusionClassifier(net, names, ReadOut(plan.decision, plan.draws, plan.seed)), images, labels)
    config = Config(plan.name, names, shape_of(plan), read_out, plan.guidance)
    save(net.cpu(), config, out / plan.name, recipe=plan.model_dump(), cohorts=trained_on(cohort))
    return out / plan.name


def shape_of(plan: DiffusionClassifierRecipe) -> Shape:
    """The denoiser that a recipe asks for."""
    return Shape(plan.size, plan.levels, plan.patch, plan.dim, plan.layers, plan.axes, plan.precision == "bf16")


def finding(rows: Cohort, plan: DiffusionClassifierRecipe) -> tuple[str]:
    """The one that the recipe names. Raises BadInput where rows do not both show and lack it."""
    if plan.finding not in (taught := learnable(rows)):
        raise BadInput(f"{plan.finding} is not both present and absent in the training rows; learned can be "
                       f"{', '.join(taught) or 'none'}.")  # fmt: skip
    return (plan.finding,)


def denoiser(
    plan: DiffusionClassifierRecipe, images: Images, present: np.ndarray, place: torch.device
) -> ClassDenoiser:
    """The denoiser of a recipe, on a device: Gaussians fitted to training images, the transformer not trained.

    images: row numbers (B,) to images (B, 1, S, S) in [0, 1]; present: (N,), bool. Raises BadInput for no more images
    than the Gaussians have axes.
    """
    if len(present) <= plan.axes:
        raise BadInput(f"{len(present)} training images are too few for Gaussians of {plan.axes} axes; ask for fewer.")
    torch.manual_seed(plan.seed)
    net = ClassDenoiser(shape_of(plan)).to(place)
    some = np.sort(np.random.default_rng(plan.seed).permutation(len(present))[:FITTED])
    net.fit_gaussians(net.encode(torch.as_tensor(images(some))), classes(present[some]).to(place))
    return net


def classes(present: np.ndarray) -> Tensor:
    """The class (N, 1) of images that show the finding or not (N,)."""
    return torch.from_numpy(np.where(present, CLASSES[2], CLASSES[0])).float()[:, None]


def learn(net: ClassDenoiser, images: Images, present: np.ndarray, plan: DiffusionClassifierRecipe, out: Path) -> None:
    """Leaves the average of the training in `net`, which does not learn any more; resumes out/denoiser.pt.

    images, present: as of `denoiser`. All rows are drawn alike.
    """
    rows = LabelledRows(images, classes(present), even(len(present)))
    draw, optimiser = rows.batches(plan.run.batch, plan.seed), adamw(net, plan.run.lr)

    def step(i: int) -> dict[str, float]:
        batch = draw(i)
        seen = augment(batch.images, plan.augment) if plan.augment else batch.images
        told = batch.labels * (torch.rand_like(batch.labels) >= plan.null)
        value = loss(net, net.encode(seen), told.to(net.device))
        update(value, optimiser, CLIP)
        return {"loss": value.item()}

    net.load_state_dict(run(Task({"net": net}, {"net": optimiser}, step, "net"), plan.run.steps, out, "denoiser"))
    net.eval().requires_grad_(False)

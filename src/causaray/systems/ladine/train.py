"""Train a LaDiNE: the transformer, the guides on its blocks, a label diffusion for each; then one temperature."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from causaray.classifiers.confidence import confidence
from causaray.classifiers.groups import empirical_risk
from causaray.classifiers.labelled_rows import LabelledRows, even, sampler
from causaray.classifiers.train import train_classifier
from causaray.cohorts import Cohort, open_cohorts
from causaray.cohorts.batches import augment
from causaray.cohorts.readings import believed_labels
from causaray.devices import AUTO, resolved
from causaray.editors.saved import save_weights
from causaray.errors import BadInput
from causaray.nets.guide import blur
from causaray.nets.vision_transformer import VisionTransformer
from causaray.systems.ladine.aggregation import best_temperature
from causaray.systems.ladine.label_diffusion import ALPHA_BAR, STEPS, diffuse
from causaray.systems.ladine.ladine import Ladine, Seen
from causaray.systems.ladine.recipe import LadineRecipe
from causaray.training.loop import Task
from causaray.training.loop import run as run_loop
from causaray.training.recipe import claim, load_plan
from causaray.training.source import trained_on
from causaray.training.updates import adamw, update

CLIP = 1.0
BATCH = 128
"""Images of which tokens are held at once."""
TIMES = 8
"""Times at which an image of a batch is noised: a denoiser is small beside what it sees."""


@dataclass(frozen=True)
class Labelled:
    """Rows of which one finding is known. labels: (N,), 1 or 0."""

    rows: Cohort
    labels: np.ndarray

    @property
    def patients(self) -> np.ndarray:
        return self.rows.table["patient"].to_numpy(str)


def train(recipe: str | Path, cohorts: Iterable[Path], out: Path, seed: int | None = None, device: str = AUTO) -> Path:
    """Train on split train, find the temperature on split val; return the weights folder out/<name of the recipe>.

    Split test is never looked at. Resumes what `out` holds. Raises BadInput where a split does not both show and lack
    the finding, and for an `out` of another recipe.
    """
    plan = load_plan(recipe, LadineRecipe, seed)
    cohort = open_cohorts(list(cohorts))
    known, held = labelled(cohort, plan, "train"), labelled(cohort, plan, "val")
    claim(out, plan)
    place = resolved(device)
    vit = trained_vit(known, plan, plan.seed, out, place)
    guides = with_guides(vit, plan.blocks, known, plan, out, place)
    net = trained_members(guides, views_seen(guides, known, plan, place), known.labels, plan, out, "members").cpu()
    calibrate(net, held)
    sure = confidence(net, held.rows.images, len(held.rows), [plan.label])
    config = {
        "method": plan.method, "name": plan.name, "names": [plan.label], "size": plan.size, "depth": plan.depth,
        "blocks": plan.blocks, "label_space": plan.label_space, "samples": plan.samples,
        "sampling_steps": plan.sampling_steps, "confidence": sure, "recipe": plan.model_dump(),
        "cohorts": trained_on(cohort),
    }  # fmt: skip
    save_weights(net, config, out / plan.name)
    return out / plan.name


def labelled(cohort: Cohort, plan: LadineRecipe, split: str, most: int | None = None) -> Labelled:
    """The frontal rows of a split whose finding is known, the first `most` of them in an order drawn once.

    Raises BadInput where the split does not both show and lack it: `fewest` times in training, and once elsewhere.
    """
    rows = cohort.subset(split=split, open=True if plan.open_only else None).frontal()
    labels = believed_labels(rows, [plan.label])[:, 0]
    known = np.isfinite(labels)
    if most is not None:
        order = np.random.default_rng(0).permutation(np.flatnonzero(known))
        known = np.isin(np.arange(len(rows)), order[:most])
    rows, labels = rows.subset(mask=known), labels[known]
    fewest = plan.fewest if split == "train" else 1
    if min((labels == 1).sum(), (labels == 0).sum()) < fewest:
        raise BadInput(f"{plan.label} is not both present and absent in {fewest} rows of split {split}.")
    return Labelled(rows, labels)


def trained_vit(known: Labelled, plan: LadineRecipe, seed: int, out: Path, place: torch.device) -> VisionTransformer:
    """Stage 1: the transformer, by the cross-entropy of its own head."""
    torch.manual_seed(seed)
    vit = VisionTransformer(1, plan.size, depth=plan.depth).to(place)
    return train_classifier(
        vit, source(known, 1, place), empirical_risk(), adamw(vit, plan.vit.lr, plan.weight_decay),
        augmentation(plan), batch=plan.vit.batch, steps=plan.vit.steps, seed=seed, out=out,
        name=f"vit-{seed}", clip=CLIP,
    )  # fmt: skip


def augmentation(plan: LadineRecipe, rng: torch.Generator | None = None) -> Callable[[Tensor], Tensor]:
    """What is done to training images (B, 1, S, S): shift, scale, rotation, gamma, and of each a share of the blur."""

    def changed(images: Tensor) -> Tensor:
        moved = augment(images, plan.augment, rng)
        if not plan.blur:
            return moved
        share = torch.rand(len(images), 1, 1, 1, generator=rng)
        return moved + share * (blur(moved, plan.blur) - moved)

    return changed


class GuidesOnly(nn.Module):
    """Images to the logits (B, M) of the guides, the transformer being as it is."""

    def __init__(self, net: Ladine) -> None:
        super().__init__()
        self.net = net

    def forward(self, images: Tensor) -> Tensor:
        with torch.no_grad():
            tokens = self.net.vit.tokens(images)
        return self.net.guide_logits(tokens)


def source(known: Labelled, members: int, place: torch.device) -> LabelledRows:
    """The rows, all drawn alike, with the label once for each of the members that learn it."""
    labels = torch.from_numpy(known.labels)[:, None].expand(-1, members)
    return LabelledRows(known.rows.images, labels, even(len(known.rows)), device=place)


def with_guides(
    vit: VisionTransformer, blocks: Sequence[int], known: Labelled, plan: LadineRecipe, out: Path, place: torch.device
) -> Ladine:
    """Stage 1: a guide on each block, by the cross-entropy of each; in a LaDiNE whose denoisers have learned nothing.

    The transformer does not change.
    """
    torch.manual_seed(plan.seed)
    vit.requires_grad_(False)
    net = Ladine(vit, blocks, plan.label_space, plan.samples, plan.sampling_steps).to(place)
    if net.guides:
        train_classifier(
            GuidesOnly(net), source(known, len(net.blocks), place), empirical_risk(), adamw(net.guides, plan.guides.lr),
            augmentation(plan), batch=plan.guides.batch, steps=plan.guides.steps, seed=plan.seed,
            out=out, name="guides", clip=CLIP, still=vit,
        )  # fmt: skip
    return net.eval()


@torch.no_grad()
def seen_of(net: Ladine, images: Tensor, place: torch.device) -> Seen:
    """What the members have of images (N, 1, S, S), on the CPU."""
    parts = [net.see(net.vit.tokens(part.to(place))) for part in images.split(BATCH)]
    return Seen(torch.cat([p.logits for p in parts], 1).cpu(), torch.cat([p.features for p in parts], 1).cpu())


def views_seen(net: Ladine, known: Labelled, plan: LadineRecipe, place: torch.device) -> Seen:
    """What the members have of `views` augmented copies of each row: of N rows V N, copy by copy."""
    rng = torch.Generator().manual_seed(plan.seed)
    parts = []
    for _ in range(plan.views):
        for rows in np.array_split(np.arange(len(known.rows)), len(known.rows) // BATCH + 1):
            images = augmentation(plan, rng)(torch.from_numpy(known.rows.images(rows)))
            parts.append(seen_of(net, images, place))
    return Seen(torch.cat([p.logits for p in parts], 1), torch.cat([p.features for p in parts], 1))


def trained_members(net: Ladine, seen: Seen, labels: np.ndarray, plan: LadineRecipe, out: Path, name: str) -> Ladine:
    """Stage 2: ||eps - eps_theta||^2 of every member, at times t and T + 1 - t (antithetic), the rest staying as it is.

    seen: of V views of the N labels, as `views_seen` gives it.
    """
    place = net.temperature.device
    present = torch.from_numpy(labels).float()
    y_0 = net.space.place(torch.stack([1 - present, present], -1)).to(place)
    draw = sampler(even(seen.logits.shape[1]), plan.members.batch, plan.seed)
    rng = torch.Generator().manual_seed(plan.seed)
    optimiser = adamw(net.denoisers, plan.members.lr)

    def step(i: int) -> dict[str, float]:
        rows = torch.from_numpy(draw(i))
        drawn = Seen(seen.logits[:, rows].to(place), seen.features[:, rows].to(place))
        half = torch.randint(1, STEPS + 1, (TIMES // 2, len(rows)), generator=rng)
        t = torch.cat([half, STEPS + 1 - half])
        noise = torch.randn(len(net.blocks), *t.shape, 2, generator=rng).to(place)
        loss = denoising_loss(net, drawn, y_0[rows % len(labels)], t.to(place), noise)
        update(loss, optimiser, CLIP)
        return {"loss": loss.item()}

    net.denoisers.load_state_dict(run_loop(Task({"net": net.denoisers}, {"net": optimiser}, step, "net"),
                                           plan.members.steps, out, name))  # fmt: skip
    return net.eval()


def denoising_loss(net: Ladine, seen: Seen, y_0: Tensor, t: Tensor, noise: Tensor) -> Tensor:
    """The mean over members of ||eps - eps_theta||^2; y_0 (B, 2), times t (R, B), noise (M, R, B, 2)."""
    alpha_bar = ALPHA_BAR.to(t.device)[t][..., None]
    losses = []
    for denoiser, y_hat, features, eps in zip(net.denoisers, net.y_hat(seen), seen.features, noise, strict=True):
        y_t = diffuse(y_0, y_hat, eps, alpha_bar)
        said = denoiser(denoiser.image(features), y_t, y_hat, t / STEPS)  # type: ignore[operator]
        losses.append((eps - said).square().mean())
    return torch.stack(losses).mean()


@torch.no_grad()
def calibrate(net: Ladine, held: Labelled) -> None:
    """Give the net, on the CPU, the temperature at which the labels of split val are likeliest."""
    images = torch.from_numpy(held.rows.images(np.arange(len(held.rows))))
    y = net.labels(seen_of(net, images, resolved("cpu")))
    net.temperature.fill_(best_temperature(lambda temperature: net.aggregated(y, temperature), held.labels))

"""The trainings of system 1, one after the other: guide, stage 1, stage 2, stage 3."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from causaray.classifiers.encoders import TransformersEncoder
from causaray.classifiers.imagenet import photograph_trunk
from causaray.classifiers.train import train_classifier
from causaray.cohorts.batches import Batch
from causaray.nets.autoencoder import CausalAutoencoder
from causaray.nets.denoiser import MapDenoiser, Standardiser
from causaray.nets.discriminator import PatchDiscriminator
from causaray.nets.guide import Guide
from causaray.nets.losses import label_evidence, masked_bce
from causaray.systems.causal_disentanglement.editor import FINEST, EditorNet
from causaray.systems.causal_disentanglement.request_direction import opposite, request_direction
from causaray.systems.causal_disentanglement.stage1_group_supervision import (
    GroupSupervision,
    Spaces,
    Swap,
    Weights,
    glimpse,
)
from causaray.systems.causal_disentanglement.stage2_pathology_prior import diffusion_loss, drop_conditions
from causaray.systems.causal_disentanglement.stage3_request_supervision import Critics, FindingRequests
from causaray.systems.causal_disentanglement.training.amounts import STRENGTH
from causaray.systems.causal_disentanglement.training.report_texts import Texts, some_withheld
from causaray.training.loop import Task, run
from causaray.training.parallel import gathered, own_share
from causaray.training.recipe import OnRadiographs, Recipe, Stage1, Stage2, Stage3
from causaray.training.source import Batches, Source
from causaray.training.updates import adamw, update
from causaray.vocabulary import PATIENT_SIDES

Read = Callable[[Tensor], Tensor]
"""Images (B, 1, S, S) -> maps (B, c, h, w)."""


def train_guide(source: Source, plan: OnRadiographs, out: Path) -> Guide:
    """The guide, on patients of fold `guide` alone, seeing blurred, noised and shifted images."""
    guide = Guide(source.n, plan.guide.views, plan.guide.width)
    for view, (net, _) in zip(guide.views, plan.guide.views, strict=True):
        if net != "small":
            view.trunk = photograph_trunk(net)
    guide.to(source.device)
    weight = source.positive_weights()

    def risk_of_views(logits: Tensor, labels: Tensor, rows: Tensor) -> Tensor:
        return torch.stack([masked_bce(view, labels, weight) for view in logits.unbind(1)]).mean()

    return train_classifier(
        guide, source, risk_of_views, adamw(guide, plan.guide.lr, decay=0.05), glimpse,
        batch=plan.guide.batch, steps=plan.guide.steps, seed=plan.seed, out=out, name="guide", clip=1.0,
    )  # fmt: skip


def train_stage1(model: CausalAutoencoder, guide: Guide, source: Source, plan: Recipe, out: Path) -> None:
    """Autoencoder, interaction transformer and classifier with group supervision; leaves the average in `model`."""
    stage = plan.stage1
    supervision = GroupSupervision(
        model, guide, PatchDiscriminator(source.n), Weights(**stage.weights.model_dump()), source.positive_weights(),
        stage.pathology_target, stage.identity_sigma, spaces(stage),
    )  # fmt: skip
    disentangle(supervision, source, stage, plan.seed, out)


def spaces(stage: Stage1) -> Spaces:
    """The spaces that a recipe's losses compare in. Raises BadInput where their weights are not to be had."""
    return Spaces(
        photograph_trunk("vgg16") if stage.identity_space == "vgg16" else None,
        TransformersEncoder(stage.pathology_space) if stage.pathology_space else None,
    )


def disentangle(
    supervision: GroupSupervision, source: Batches, stage: Stage1, seed: int, out: Path, name: str = "stage1"
) -> None:
    """Stage 1, or another, under any group supervision; leaves the average in its model."""
    model = supervision.to(source.device).model
    supervision.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser, adversaries = adamw(model, stage.lr), supervision.adversaries()
    adversary_optimiser = torch.optim.AdamW(adversaries.parameters(), lr=stage.critic_lr, betas=(0.5, 0.9))
    draw = source.batches(stage.batch, seed)

    def generator_step(batch: Batch, swapping: bool) -> tuple[dict[str, Tensor], Swap, Swap | None]:
        adversaries.requires_grad_(False)
        with source.precision():
            losses, parts = supervision.reconstruct(batch)
            swap = supervision.swap(parts, batch.donor) if swapping else None
            if swap:
                losses |= supervision.supervise(swap, batch)
        adversaries.requires_grad_(True)
        update(torch.stack(list(losses.values())).sum(), optimiser, stage.clip)
        return losses, parts, swap

    def adversary_step(parts: Swap, swap: Swap | None, donor: Tensor) -> dict[str, Tensor]:
        with source.precision():
            losses = supervision.adversary_loss(parts, swap, donor)
        if losses:
            update(torch.stack(list(losses.values())).sum(), adversary_optimiser, clip=10.0)
        return losses

    def step(i: int) -> dict[str, float]:
        model.train()
        batch = draw(i)
        losses, parts, swap = generator_step(batch, i >= stage.swap_from and i % stage.swap_every == 0)
        losses |= adversary_step(parts, swap, batch.donor)
        return {k: float(v.detach()) for k, v in losses.items()}

    modules = {"model": model, "critic": adversaries}
    task = Task(modules, {"model": optimiser, "critic": adversary_optimiser}, step, "model")
    model.load_state_dict(run(task, stage.steps, out, name))
    model.eval()


def train_stage2(net: EditorNet, source: Source, plan: Recipe, out: Path, texts: Texts | None = None) -> None:
    """The diffusion model of the pathology channel on the frozen autoencoder; leaves the average in `net.denoiser`.

    It is told labels, or `texts`.
    """
    read = pathology_of(net.autoencoder)
    if texts is not None:
        condition = partial(some_withheld, null=plan.stage2.null)
        learn_prior(
            net.denoiser, net.pathology_scale, read, source, plan.stage2, condition, plan.seed, out, tell=texts.of
        )
        return
    condition = partial(told, null=plan.stage2.null)
    learn_prior(net.denoiser, net.pathology_scale, read, source, plan.stage2, condition, plan.seed, out)


def told(labels: Tensor, null: float) -> Tensor:
    """What a training tells of labels (B, n): their evidence, some of it withheld (`drop_conditions`)."""
    return drop_conditions(label_evidence(labels), null)


def pathology_of(model: CausalAutoencoder) -> Read:
    """Reads the pathology maps (B, 1, p, p) of images.

    The means of the posteriors, as an edit uses them: under the paper's KL a sample is mostly noise.
    """
    return lambda images: model.encode(images)[1].mean


def train_stage3(net: EditorNet, guide: Guide, source: Source, plan: Recipe, stage: Stage3, out: Path) -> None:
    """Interaction transformer and decoder on the moves that requests make; leaves the average in `net.autoencoder`.

    On fold `guide` alone: with the guide's nets for eyes, the critic guides as much as it checks.
    """
    denoiser, scale = net.denoiser.eval().requires_grad_(False), net.pathology_scale

    @torch.no_grad()
    def direction(pathology: Tensor, asked: Tensor) -> Tensor:
        z = scale(pathology)
        move = request_direction(
            denoiser, z, asked, torch.randn_like(z),
            strength=STRENGTH, guidance=plan.stage2.guidance, steps=stage.sampling_steps,
            away=opposite(asked, plan.graded),
        )  # fmt: skip
        return move * scale.deviation

    supervision = FindingRequests(
        net.autoencoder, guide, Critics(guide, source.n), Weights(**stage.weights.model_dump()),
        source.positive_weights(), stage.pathology_target, stage.identity_sigma, spaces(stage),
        direction=direction, reach=stage.reach, finest=FINEST, sides=len(PATIENT_SIDES) if plan.graded else 1,
    )  # fmt: skip
    disentangle(supervision, source, stage, plan.seed + 3, out, "stage3")


def learn_prior(
    denoiser: MapDenoiser,
    scale: Standardiser,
    read: Read,
    source: Batches,
    stage: Stage2,
    condition: Callable[[Tensor], Tensor],
    seed: int,
    out: Path,
    name: str = "stage2",
    tell: Callable[[Batch], Tensor] = lambda batch: batch.labels,
) -> None:
    """Stage 2 of any maps, under any condition: what the denoiser is told of what `tell` says of a batch (labels).

    `scale` is fitted."""
    maps, labels = encode_cache(read, source, stage.cache, seed, tell)
    scale.fit(maps)
    optimiser = adamw(denoiser, stage.lr)

    def step(i: int) -> dict[str, float]:
        denoiser.train()
        rows = torch.randint(len(labels), (stage.batch,), device=labels.device)[own_share(stage.batch)]
        with source.precision():
            loss = diffusion_loss(denoiser, scale(maps[rows]), condition(labels[rows]))
        update(loss, optimiser, clip=1.0)
        return {"loss": loss.item()}

    denoiser.load_state_dict(run(Task({"net": denoiser}, {"net": optimiser}, step, "net"), stage.steps, out, name))


@torch.no_grad()
def encode_cache(
    read: Read, source: Batches, cache: int, seed: int, tell: Callable[[Batch], Tensor] = lambda batch: batch.labels
) -> tuple[Tensor, Tensor]:
    """What is read of `cache` augmented images, and their labels (or what `tell` says of them): the autoencoder no
    longer changes."""
    draw = source.batches(32, seed + 1)
    rows = []
    for i in range(cache // 32):
        batch = draw(i)
        with source.precision():
            rows.append((read(batch.images), tell(batch)))
    maps, labels = zip(*rows, strict=True)
    return gathered(torch.cat(maps)), gathered(torch.cat(labels))

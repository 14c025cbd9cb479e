"""The trainings of system 1 with true groups: stage 1 on pairs and real films, stage 2 on where findings lie."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from causaray.anatomy.reader import AnatomyReader
from causaray.cohorts.batches import augment
from causaray.nets.discriminator import PatchDiscriminator
from causaray.nets.guide import Guide, resized
from causaray.systems.causal_disentanglement.editor import EditorNet, area, coordinates, patient_maps
from causaray.systems.causal_disentanglement.stage1_drawn_groups import DrawnGroups, Groups, GroupWeights
from causaray.systems.causal_disentanglement.stage1_group_supervision import Weights
from causaray.systems.causal_disentanglement.stage2_lesion_prior import lesion_loss, lesson
from causaray.systems.causal_disentanglement.training.pairs import Pairs
from causaray.systems.causal_disentanglement.training.stages import spaces
from causaray.training.loop import Task, run
from causaray.training.parallel import gathered, own_share, rank
from causaray.training.recipe import Recipe
from causaray.training.source import Source
from causaray.training.updates import adamw, update

NEAREST = 6
"""Of so many pairs of a like request the one of the nearest severity becomes the partner."""
_TELL = 50
Draw = Callable[[int], tuple[Groups, np.ndarray]]


def group_batches(
    pairs: Pairs, batch: int, seed: int, strength: float, device: torch.device, size: int | None = None
) -> Draw:
    """Batches of batch // 2 couples of pairs with like requests, all findings and sides alike; and their rows.

    Of several processes each loads and moves its own part of every batch. size: side in pixels to which they are
    reduced; as they were drawn where it is not told. Coordinates that are kept with the pairs come with films that are
    not moved (`strength` 0) alone.
    """
    keys = np.unique(pairs.rows["key"])
    members = {key: np.flatnonzero(pairs.rows["key"] == key) for key in keys}
    part = own_share(2 * (batch // 2))
    partner = (torch.arange(part.stop - part.start) ^ 1).to(device)

    def couple(rng: np.random.Generator) -> list[int]:
        rows = members[rng.choice(keys)]
        first = int(rng.choice(rows))
        others = rng.choice(rows, NEAREST)
        severity = pairs.rows["severity"]
        return [first, int(others[np.abs(severity[others] - severity[first]).argmin()])]

    def draw(step: int) -> tuple[Groups, np.ndarray]:
        rng = np.random.default_rng((seed, step))
        rows = np.array([row for _ in range(batch // 2) for row in couple(rng)])[part]
        sheets = pairs.sheets(rows)
        if strength:
            sheets = augment(sheets, strength, torch.Generator().manual_seed(int(rng.integers(2**62)) + rank()))
        sheets = resized(sheets, size or sheets.shape[-1])
        films, drawn, share = (sheets[:, i : i + 1].to(device) for i in range(3))
        before, after, shown = (
            torch.from_numpy(pairs.rows[key][rows]).to(device) for key in ("before", "after", "shown")
        )
        places = None if strength else pairs.coordinates(rows)
        return Groups(films, drawn, share, before, after, shown, partner, places), rows

    return draw


def train_groups(net: EditorNet, guide: Guide, source: Source, pairs: Pairs, plan: Recipe, out: Path) -> None:
    """Stage 1: every step on pairs, every `swap_every` steps on real films too; the average stays in `net`."""
    stage, of_groups = plan.stage1, plan.groups
    assert of_groups is not None
    supervision = DrawnGroups(
        net.autoencoder, guide, PatchDiscriminator(source.n), Weights(**stage.weights.model_dump()),
        source.positive_weights(), stage.pathology_target, stage.identity_sigma, spaces(stage),
        groups=GroupWeights(**of_groups.weights.model_dump()),
    ).to(source.device)  # fmt: skip
    supervision.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    model, critics = supervision.model, supervision.adversaries()
    optimiser = adamw(model, stage.lr)
    critic_optimiser = torch.optim.AdamW(critics.parameters(), lr=stage.critic_lr, betas=(0.5, 0.9))
    of_pairs = group_batches(pairs, of_groups.batch, plan.seed, plan.augment, source.device, plan.size)
    of_films = source.batches(stage.batch, plan.seed)

    def step(i: int) -> dict[str, float]:
        model.train()
        groups, _ = of_pairs(i)
        critics.requires_grad_(False)
        parts = swap = batch = None
        with source.precision():
            losses, edits = supervision.compare(groups)
            if i >= stage.swap_from and i % stage.swap_every == 0:
                batch = of_films(i)
                real, parts = supervision.reconstruct(batch)
                swap = supervision.swap(parts, batch.donor)
                real |= supervision.supervise(swap, batch)
                losses |= {f"real_{name}": value for name, value in real.items()}
        critics.requires_grad_(True)
        update(torch.stack(list(losses.values())).sum(), optimiser, stage.clip)
        with source.precision():
            against = {"critic": supervision.group_critic_loss(edits)} if of_groups.weights.adversarial else {}
            if parts is not None and batch is not None:
                told = supervision.adversary_loss(parts, swap, batch.donor)
                against |= {f"real_{name}": value for name, value in told.items()}
        if against:
            update(torch.stack(list(against.values())).sum(), critic_optimiser, clip=10.0)
        return {name: float(value.detach()) for name, value in (losses | against).items()}

    modules = {"model": model, "critic": critics}
    task = Task(modules, {"model": optimiser, "critic": critic_optimiser}, step, "model")
    model.load_state_dict(run(task, stage.steps, out, "stage1"))
    model.eval()


def train_lesions(net: EditorNet, source: Source, pairs: Pairs, plan: Recipe, out: Path) -> None:
    """Stage 2: the diffusion model of where a finding lies, the autoencoder frozen; the average stays in `net`."""
    stage = plan.stage2
    films = encoded_pairs(net, source, pairs, stage.cache, plan)
    net.patient_scale.fit(films.healthy_identity.float())
    net.lesion_scale.fit(films.share.float())
    asked = torch.from_numpy(pairs.rows["asked"][films.rows]).to(source.device)
    even = evened(net.lesion_scale(films.share.float()), pairs.rows["key"][films.rows] // 4).to(source.device)
    optimiser = adamw(net.denoiser, stage.lr)

    def step(i: int) -> dict[str, float]:
        net.denoiser.train()
        pick = torch.randint(len(films.rows), (stage.batch,), device=source.device)[own_share(stage.batch)]
        one = patient_maps(net, films.healthy_identity[pick].float(), films.healthy[pick].float())
        two = patient_maps(net, films.ill_identity[pick].float(), films.ill[pick].float())
        share = net.lesion_scale(films.share[pick].float())
        with source.precision():
            loss = lesion_loss(net.denoiser, share, lesson(one, two, asked[pick]), even[pick])
        update(loss, optimiser, clip=1.0)
        return {"loss": loss.item()}

    task = Task({"net": net.denoiser}, {"net": optimiser}, step, "net")
    net.denoiser.load_state_dict(run(task, stage.steps, out, "stage2"))
    net.denoiser.eval()


LIGHTEST, HEAVIEST = 0.5, 30.0
"""Least and greatest weight of a finding before they are brought to a mean of 1."""


def evened(scaled: Tensor, column: np.ndarray) -> Tensor:
    """Weights (N,) by which shares (N, 1, p, p) of every finding, `column` (N,), have about the same to say; mean 1."""
    energy = scaled.square().mean((1, 2, 3)).cpu().numpy()
    weight = np.ones(len(column), np.float32)
    for one in np.unique(column):
        weight[column == one] = np.clip(1 / energy[column == one].mean(), LIGHTEST, HEAVIEST)
    return torch.from_numpy(weight / weight.mean())


@dataclass(frozen=True)
class EncodedPairs:
    """Films without and with a finding, encoded, as bfloat16 (N, n, p, p): identity channels with coordinates, maps of
    findings, and the true share (N, 1, p, p); rows (N,): of which pairs."""

    rows: np.ndarray
    healthy_identity: Tensor
    healthy: Tensor
    ill_identity: Tensor
    ill: Tensor
    share: Tensor


@torch.no_grad()
def encoded_pairs(net: EditorNet, source: Source, pairs: Pairs, count: int, plan: Recipe) -> EncodedPairs:
    """`count` pairs, each moved and exposed in its own way, encoded once; of several processes by all together."""
    draw = group_batches(pairs, 32, plan.seed + 1, plan.augment, source.device, plan.size)
    reader = AnatomyReader.load()
    kept: list[list[Tensor]] = [[] for _ in range(5)]
    rows = []
    for i in range(count // 32):
        groups, at = draw(i)
        rows.append(at)
        for j, films in enumerate((groups.films, groups.drawn)):
            with source.precision():
                identity, pathology = net.autoencoder.encode(films)
            side = identity.mean.shape[-1]
            place = coordinates(reader, films, side) if groups.places is None else area(groups.places[:, j], side)
            place = place.to(source.device)
            kept[2 * j].append(torch.cat([identity.mean, place], 1).bfloat16())
            kept[2 * j + 1].append(pathology.mean.bfloat16())
        kept[4].append(nn.functional.adaptive_avg_pool2d(groups.share, kept[0][0].shape[-1]).bfloat16())
        if i % _TELL == _TELL - 1:
            print(f"encoded {32 * (i + 1)}/{count} pairs", flush=True)
    whole = gathered(torch.from_numpy(np.concatenate(rows)).to(source.device)).cpu().numpy()
    return EncodedPairs(whole, *(gathered(torch.cat(part)) for part in kept))

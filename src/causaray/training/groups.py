"""The trainings of system 1 with true groups: stage 1 on pairs and real films, stage 2 on what requests change."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts.batches import augment
from causaray.methods.causal_disentanglement import Weights
from causaray.methods.change_diffusion import change_loss, lesson
from causaray.methods.drawn_groups import DrawnGroups, Groups, GroupWeights
from causaray.methods.editor import EditorNet
from causaray.nets.discriminator import PatchDiscriminator
from causaray.nets.guide import Guide
from causaray.training.loop import Task, run
from causaray.training.pairs import Pairs
from causaray.training.recipe import Recipe
from causaray.training.source import Source
from causaray.training.stages import adamw, spaces, update

NEAREST = 6
"""Of so many pairs of a like request the one of the nearest severity becomes the partner."""
Draw = Callable[[int], tuple[Groups, np.ndarray]]


def group_batches(pairs: Pairs, batch: int, seed: int, strength: float, device: torch.device) -> Draw:
    """Batches of batch // 2 couples of pairs with like requests, all findings and sides alike; and their rows."""
    keys = np.unique(pairs.rows["key"])
    members = {key: np.flatnonzero(pairs.rows["key"] == key) for key in keys}
    partner = (torch.arange(2 * (batch // 2)) ^ 1).to(device)

    def couple(rng: np.random.Generator) -> list[int]:
        rows = members[rng.choice(keys)]
        first = int(rng.choice(rows))
        others = rng.choice(rows, NEAREST)
        severity = pairs.rows["severity"]
        return [first, int(others[np.abs(severity[others] - severity[first]).argmin()])]

    def draw(step: int) -> tuple[Groups, np.ndarray]:
        rng = np.random.default_rng((seed, step))
        rows = np.array([row for _ in range(batch // 2) for row in couple(rng)])
        sheets = pairs.sheets(rows)
        if strength:
            sheets = augment(sheets, strength, torch.Generator().manual_seed(int(rng.integers(2**62))))
        films, drawn, share = (sheets[:, i : i + 1].to(device) for i in range(3))
        before, after, shown = (
            torch.from_numpy(pairs.rows[key][rows]).to(device) for key in ("before", "after", "shown")
        )
        return Groups(films, drawn, share, before, after, shown, partner), rows

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
    of_pairs = group_batches(pairs, of_groups.batch, plan.seed, plan.augment, source.device)
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
            against = {"critic": supervision.group_critic_loss(edits)}
            if parts is not None and batch is not None:
                told = supervision.adversary_loss(parts, swap, batch.donor)
                against |= {f"real_{name}": value for name, value in told.items()}
        update(torch.stack(list(against.values())).sum(), critic_optimiser, clip=10.0)
        return {name: float(value.detach()) for name, value in (losses | against).items()}

    modules = {"model": model, "critic": critics}
    task = Task(modules, {"model": optimiser, "critic": critic_optimiser}, step, "model")
    model.load_state_dict(run(task, stage.steps, out, "stage1"))
    model.eval()


def train_changes(net: EditorNet, source: Source, pairs: Pairs, plan: Recipe, out: Path) -> None:
    """Stage 2: the diffusion model of what a request changes, the autoencoder frozen; the average stays in `net`."""
    stage = plan.stage2
    one, two, rows = encoded_pairs(net, source, pairs, stage.cache, plan)
    net.identity_scale.fit(torch.cat([one[0], two[0]]).float())
    net.pathology_scale.fit(torch.cat([one[1], two[1]]).float())
    change = net.pathology_scale(two[1].float()) - net.pathology_scale(one[1].float())
    net.change_scale.fit(change)
    net.change_scale.mean.zero_()
    asked, gone = (torch.from_numpy(pairs.rows[key][rows]).to(source.device) for key in ("asked", "gone"))
    optimiser = adamw(net.denoiser, stage.lr)

    def step(i: int) -> dict[str, float]:
        net.denoiser.train()
        pick = torch.randint(len(rows), (stage.batch,), device=source.device)
        films = [(net.identity_scale(z[0][pick].float()), net.pathology_scale(z[1][pick].float())) for z in (one, two)]
        taught = lesson(films[0], films[1], asked[pick], gone[pick])
        with source.precision():
            loss = change_loss(net.denoiser, net.change_scale(taught.change), taught)  # type: ignore[arg-type]
        update(loss, optimiser, clip=1.0)
        return {"loss": loss.item()}

    task = Task({"net": net.denoiser}, {"net": optimiser}, step, "net")
    net.denoiser.load_state_dict(run(task, stage.steps, out, "stage2"))
    net.denoiser.eval()


Channels = tuple[Tensor, Tensor]


@torch.no_grad()
def encoded_pairs(
    net: EditorNet, source: Source, pairs: Pairs, count: int, plan: Recipe
) -> tuple[Channels, Channels, np.ndarray]:
    """Identity channels and pathology maps, as bfloat16, of the films of `count` pairs without and with the finding,
    and their rows."""
    draw = group_batches(pairs, 32, plan.seed + 1, plan.augment, source.device)
    kept: list[list[Tensor]] = [[], [], [], []]
    rows = []
    for i in range(count // 32):
        groups, at = draw(i)
        rows.append(at)
        for j, films in enumerate((groups.films, groups.drawn)):
            with source.precision():
                identity, pathology = net.autoencoder.encode(films)
            kept[2 * j].append(identity.mean.bfloat16())
            kept[2 * j + 1].append(pathology.mean.bfloat16())
    z = [torch.cat(part) for part in kept]
    return (z[0], z[1]), (z[2], z[3]), np.concatenate(rows)

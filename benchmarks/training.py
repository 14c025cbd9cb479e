"""Training throughput of a recipe's stage 1, beside the floor that the machine's matrix multiply sets."""

import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from causaray.cohorts import prepare
from causaray.cohorts.batches import augment
from causaray.imagefiles import read_scan, write_png
from causaray.nets.autoencoder import CausalAutoencoder, Shape
from causaray.nets.discriminator import PatchDiscriminator
from causaray.nets.guide import Guide
from causaray.scan import Scan
from causaray.systems.causal_disentanglement.stage1_group_supervision import GroupSupervision, Weights
from causaray.systems.causal_disentanglement.training.stages import train_stage1
from causaray.systems.causal_disentanglement.training.train import configure
from causaray.training.recipe import Recipe, load_recipe
from causaray.training.source import Source, training_rows

PUBLISHED = 1024
"""Side in pixels of the images that NIH has published, which a plain loop decodes again and again."""


def matmul_ceiling(size: int = 2048, repeats: int = 10) -> float:
    """bf16 floating-point operations a second of a large matrix product."""
    a, b = torch.randn(2, size, size, dtype=torch.bfloat16)
    a @ b
    start = time.perf_counter()
    for _ in range(repeats):
        a @ b
    return 2 * size**3 * repeats / (time.perf_counter() - start)


def synthetic_cohort(folder: Path, n: int = 64) -> None:
    """n smooth random images in two classes, with the table that `prepare` reads. Speed does not depend on content."""
    (folder / "images").mkdir(parents=True)
    rng, rows = np.random.default_rng(0), ["image,patient,findings,view,split,fold,open"]
    for i in range(n):
        coarse = rng.random((8, 8)).astype(np.float32)
        write_png(Scan(np.kron(coarse, np.ones((PUBLISHED // 8,) * 2, np.float32))), folder / f"images/{i}.png")
        fold, finding = ("guide", "judge")[i % 2], ("Edema", "No Finding")[i // 2 % 2]
        rows.append(f"images/{i}.png,p{i},{finding},PA,train,{fold},True")
    (folder / "metadata.csv").write_text("\n".join(rows) + "\n")


def stage1(recipe: str = "cxr-128", steps: int = 40) -> dict[str, float]:
    """Samples a second of stage 1 with its swaps, operations a sample, the floor they set, and peak memory (MiB)."""
    plan = load_recipe(recipe)
    names = ("No Finding", "Edema")
    quick = plan.model_copy(update={"stage1": plan.stage1.model_copy(update={"steps": steps, "swap_from": 0})})
    with tempfile.TemporaryDirectory() as folder:
        synthetic_cohort(Path(folder) / "raw")
        cohort = training_rows(prepare(Path(folder) / "raw", Path(folder) / "ready", plan.size), plan)
        source = Source(cohort, names, quick, torch.device("cpu"))
        guide, shape = Guide(len(names), plan.guide.views, plan.guide.width), configure(quick, names).shape
        seconds, operations = _timed(quick, shape, guide, source, Path(folder), steps)
        plain = plain_loop(quick, shape, guide, source, sorted((Path(folder) / "raw" / "images").iterdir()), steps // 4)
    samples, ceiling = steps * plan.stage1.batch, matmul_ceiling()
    return {
        "samples_per_second": samples / seconds,
        "plain_samples_per_second": plain,
        "times_as_fast_as_plain": samples / seconds / plain,
        "gflop_per_sample": operations / samples / 1e9,
        "ceiling_gflops": ceiling / 1e9,
        "floor_samples_per_second": ceiling / (operations / samples),
        "share_of_floor": operations / seconds / ceiling,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _timed(plan: Recipe, shape: Shape, guide: Guide, source: Source, folder: Path, steps: int) -> tuple[float, float]:
    warm = plan.model_copy(update={"stage1": plan.stage1.model_copy(update={"steps": 4})})
    with FlopCounterMode(display=False) as counter:
        train_stage1(CausalAutoencoder(shape, source.n), guide, source, warm, folder / "counted")
    model, start = CausalAutoencoder(shape, source.n), time.perf_counter()
    train_stage1(model, guide, source, plan, folder / "timed")
    return time.perf_counter() - start, counter.get_total_flops() * steps / 4


def plain_loop(plan: Recipe, shape: Shape, guide: Guide, source: Source, files: Sequence[Path], steps: int) -> float:
    """Samples a second of the same networks and losses as one writes them first: fp32, channels first, files decoded.

    Every image is read from its published file whenever it is drawn.
    """
    stage, draw = plan.stage1, source.batches(plan.stage1.batch, plan.seed)
    supervision = GroupSupervision(
        CausalAutoencoder(shape, source.n), guide, PatchDiscriminator(source.n), Weights(**stage.weights.model_dump()),
        source.positive_weights(), stage.pathology_target, stage.identity_sigma,
    )  # fmt: skip
    model, critic = supervision.model.train(), supervision.critic
    optimisers = [torch.optim.AdamW(net.parameters(), stage.lr) for net in (model, critic)]
    rng, start = np.random.default_rng(0), time.perf_counter()
    for i in range(steps):
        drawn, batch = rng.choice(len(files), stage.batch), draw(i)
        pixels = np.stack([read_scan(files[j]).square(plan.size).pixels for j in drawn])[:, None]
        batch = replace(batch, images=augment(torch.from_numpy(pixels)))
        losses, parts = supervision.reconstruct(batch)
        if swapping := i % stage.swap_every == 0:
            swap = supervision.swap(parts, batch.donor)
            losses |= supervision.supervise(swap, batch)
        _down(torch.stack(list(losses.values())).sum(), optimisers[0])
        if swapping:
            _down(supervision.critic_loss(swap, batch.donor), optimisers[1])
    return steps * stage.batch / (time.perf_counter() - start)


def _down(loss: torch.Tensor, optimiser: torch.optim.Optimizer) -> None:
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()

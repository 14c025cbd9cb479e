"""`causaray reproduce ladine`: accuracy and calibration under corruption, attacks, uncertainty and cost."""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.classifiers.backbones import backbone
from causaray.classifiers.groups import empirical_risk
from causaray.classifiers.train import train_classifier
from causaray.cohorts import open_cohorts
from causaray.cohorts.phantom import prepare_phantom
from causaray.devices import resolved
from causaray.evaluation.classification.attacks import apgd_ce, pgd, square
from causaray.evaluation.classification.calibration import ece, top_class
from causaray.evaluation.classification.corruptions import CORRUPTIONS, STRENGTHS, corrupted
from causaray.experiments.options import ExperimentOptions
from causaray.nets.vision_transformer import VisionTransformer
from causaray.systems.ladine.label_diffusion import STEPS
from causaray.systems.ladine.ladine import Ladine
from causaray.systems.ladine.page import write_page
from causaray.systems.ladine.recipe import LadineRecipe
from causaray.systems.ladine.rows import Row, ensemble, ladine, looks, mc_dropout, plain
from causaray.systems.ladine.train import (
    CLIP,
    Labelled,
    augmentation,
    labelled,
    source,
    trained_members,
    trained_vit,
    views_seen,
    with_guides,
)
from causaray.training.recipe import claim, load_plan
from causaray.training.updates import adamw
from causaray.writing import make_folder, whole_file

RECIPE, PHANTOMS = "ladine-phantom-64", 3000
LIMIT = 128
"""Images of split test under each corruption; a quarter of them is attacked."""
CLEAN = "clean"
EPS, PGD_STEPS, QUERIES = 0.01, 50, 100
"""Of the attacks: the largest change of a pixel in the grey range, steps of PGD and APGD, queries of Square."""
CHUNK = 16
"""Images attacked at once: the chains of more do not fit into a small memory with their gradients."""
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Task:
    """The three splits of one finding, and the recipe."""

    plan: LadineRecipe
    known: Labelled
    val: Labelled
    test: Labelled
    work: Path
    backbones: tuple[str, ...]


def task_of(options: ExperimentOptions) -> Task:
    """What the options ask for: phantoms, drawn where no cohort is named, and the recipe that goes with them."""
    plan = load_plan(options.recipe or RECIPE, LadineRecipe)
    cohorts = options.cohorts or (phantoms(options.work / options.name / "phantoms", plan.size),)
    cohort = open_cohorts(cohorts)
    limit = options.limit or LIMIT
    return Task(
        plan, labelled(cohort, plan, "train"), labelled(cohort, plan, "val"), labelled(cohort, plan, "test", limit),
        options.work / options.name / f"{plan.name}-{cohort.name}", options.methods,
    )  # fmt: skip


def phantoms(folder: Path, size: int) -> Path:
    """Phantoms in a folder, drawn where they are not there yet; half have an effusion, few anything else."""
    if not folder.is_dir():
        make_folder(folder.parent)
        prepare_phantom(folder, PHANTOMS, size=size, common=0.5, tail=2.0)
    return folder


def rows_of(task: Task, seed: int, tell: Tell) -> tuple[list[Row], VisionTransformer]:
    """All rows of a seed, trained and calibrated, and the transformer that they share."""
    plan, out, place = task.plan.model_copy(update={"seed": 100 * seed}), task.work / f"seed-{seed}", resolved("cpu")
    tell(f"seed {seed}: transformer, guides, members")
    shared = trained_vit(task.known, plan, plan.seed, out, place)
    last = plan.depth
    guided = with_guides(shared, (*plan.blocks, last), task.known, plan, out, place)
    seen = views_seen(guided, task.known, plan, place)

    def members(name: str, which: list[int], space: str, samples: int) -> Row:
        blocks = [guided.blocks[i] for i in which]
        net = Ladine(shared, blocks, space, samples, plan.sampling_steps)  # type: ignore[arg-type]
        net.guides.load_state_dict(
            {k: v for k, v in guided.guides.state_dict().items() if int(k.split(".")[0]) in blocks}
        )
        return ladine(name, trained_members(net, seen.members(which), task.known.labels, plan, out, name))

    own = list(range(len(plan.blocks)))
    made = [
        members("LaDiNE", own, "simplex", plan.samples),
        members("LaDiNE, logits", own, "logits", plan.samples),
        members("CARD", [len(plan.blocks)], "simplex", plan.samples * len(plan.blocks)),
    ]
    count = -(-made[0].parameters // sum(p.numel() for p in shared.parameters()))
    tell(f"seed {seed}: {count - 1} more transformers for the ensemble")
    others = [trained_vit(task.known, plan, plan.seed + i, out, place) for i in range(1, count)]
    rows = [plain("ViT", shared, shared=True), ensemble([shared, *others]), mc_dropout(shared), *made[2:], *made[:2]]
    rows += [plain(name, trained_backbone(name, task, plan, out)) for name in task.backbones]
    images = torch.from_numpy(task.val.rows.images(np.arange(len(task.val.rows))))
    with torch.no_grad():
        for row in rows:
            row.calibrate(images, task.val.labels, shared)
    return rows, shared


def trained_backbone(name: str, task: Task, plan: LadineRecipe, out: Path) -> torch.nn.Module:
    """Another backbone, with as many updates on the same batches as the transformer."""
    torch.manual_seed(plan.seed)
    net = backbone(name, 1, plan.size)
    return train_classifier(
        net, source(task.known, 1, resolved("cpu")), empirical_risk(), adamw(net, plan.vit.lr, plan.weight_decay),
        augmentation(plan), batch=plan.vit.batch, steps=plan.vit.steps, seed=plan.seed, out=out, name=name, clip=CLIP,
    )  # fmt: skip


@torch.no_grad()
def under_shift(rows: list[Row], shared: VisionTransformer, images: Tensor) -> dict[str, dict[str, list[list[float]]]]:
    """row -> "probability" and "width" (1 + 7 x 5, N): of the clean images first, then kind by kind, by strength."""
    found: dict[str, list[tuple[Tensor, Tensor]]] = {row.name: [] for row in rows}
    for kind, strength in cells():
        shifted = images if kind == CLEAN else corrupted(images, kind, strength)
        parts = looks(shared, shifted)
        for row in rows:
            answers = [row.answer(part) for part in parts]
            found[row.name].append((torch.cat([a for a, _ in answers]), torch.cat([w for _, w in answers])))
    return {
        name: {"probability": _stacked(a for a, _ in cells), "width": _stacked(w for _, w in cells)}
        for name, cells in found.items()
    }


def cells() -> list[tuple[str, int]]:
    """What `under_shift` goes through, in order."""
    return [(CLEAN, 0), *((kind, strength) for kind in CORRUPTIONS for strength in STRENGTHS)]


def _stacked(parts: Iterable[Tensor]) -> list[list[float]]:
    stacked: list[list[float]] = torch.stack(list(parts)).double().tolist()
    return stacked


def attacks(
    rows: list[Row], shared: VisionTransformer, images: Tensor, labels: Tensor
) -> dict[str, dict[str, list[int]]]:
    """row -> attack -> whether it is still right, 1 or 0, on each image that is attacked.

    transfer: APGD made on the shared transformer, as published. end to end: PGD through the row itself, the noise drawn
    anew for each gradient. square: Square, which asks the row for answers alone.
    """
    parts = list(zip(images.split(CHUNK), labels.split(CHUNK), strict=True))
    head = plain("ViT", shared).attacked
    assert head is not None
    transferred = [apgd_ce(head, x, y, EPS, PGD_STEPS, seed=i) for i, (x, y) in enumerate(parts)]
    found: dict[str, dict[str, list[int]]] = {}
    for row in rows:
        if row.attacked is None:
            continue
        made = {
            "none": [x for x, _ in parts],
            "transfer": transferred,
            "end to end": [pgd(row.attacked, x, y, EPS, PGD_STEPS, seed=i) for i, (x, y) in enumerate(parts)],
            "square": [square(row.attacked, x, y, EPS, QUERIES, seed=i) for i, (x, y) in enumerate(parts)],
        }
        found[row.name] = {
            attack: [one for x, (_, y) in zip(adversarial, parts, strict=True) for one in _right(row, shared, x, y)]
            for attack, adversarial in made.items()
        }
    return found


@torch.no_grad()
def _right(row: Row, shared: VisionTransformer, images: Tensor, labels: Tensor) -> list[int]:
    said = torch.cat([row.answer(part)[0] for part in looks(shared, images)])
    return [int(one) for one in (said > 0.5).long() == labels]


@torch.no_grad()
def sampling(row: Row, shared: VisionTransformer, images: Tensor, labels: np.ndarray) -> dict[str, Any]:
    """ECE, accuracy and milliseconds an image of all steps of ancestral sampling beside those of the recipe's DDIM."""
    net, found = row.net, {}
    assert isinstance(net, Ladine)
    parts = looks(shared, images)
    for steps in (net.sampling_steps, STEPS):
        begun = time.process_time()
        drawn = [net.labels(net.see(part.tokens), steps=steps) for part in parts]
        seconds = time.process_time() - begun
        said = torch.cat([row.read(y, row.temperature) for y in drawn]).double().numpy()
        found[str(steps)] = {
            "ece": ece(*top_class(labels.astype(int), said)), "accuracy": float((said.argmax(1) == labels).mean()),
            "ms": 1000 * seconds / len(images),
        }  # fmt: skip
    return found


@torch.no_grad()
def cost(row: Row, shared: VisionTransformer, images: Tensor) -> float:
    """Milliseconds of the processor an image, with the transformer."""
    begun = time.process_time()
    for part in looks(shared, images):
        row.answer(part)
    return 1000 * (time.process_time() - begun) / len(images)


def seed_found(task: Task, seed: int, tell: Tell) -> dict[str, Any]:
    """Everything that is measured of a seed; measured once and kept."""
    kept = (
        task.work / f"seed-{seed}" / f"found-{len(task.test.rows)}{''.join(f'-{name}' for name in task.backbones)}.json"
    )
    if not kept.is_file():
        found = measured(task, seed, tell)
        with whole_file(kept) as beside:
            beside.write_text(json.dumps(found), encoding="utf-8")
    found = json.loads(kept.read_text(encoding="utf-8"))
    found["shift"] = {row: {k: np.array(v) for k, v in each.items()} for row, each in found["shift"].items()}
    return found


def measured(task: Task, seed: int, tell: Tell) -> dict[str, Any]:
    """Everything that is measured of a seed, as JSON holds it."""
    rows, shared = rows_of(task, seed, tell)
    images, labels = torch.from_numpy(task.test.rows.images(np.arange(len(task.test.rows)))), task.test.labels
    tell(f"seed {seed}: corruptions")
    found: dict[str, Any] = {"shift": under_shift(rows, shared, images)}
    found["ms"] = {row.name: cost(row, shared, images[:64]) for row in rows}
    found["parameters"] = {row.name: row.parameters for row in rows}
    found["temperature"] = {row.name: row.temperature for row in rows}
    tell(f"seed {seed}: {STEPS} steps")
    found["sampling"] = {r.name: sampling(r, shared, images, labels) for r in rows if r.name.startswith("LaDiNE")}
    tell(f"seed {seed}: attacks")
    few = len(images) // 4
    torch.manual_seed(seed)
    found["attacks"] = attacks(rows, shared, images[:few], torch.from_numpy(labels[:few]).long())
    return found


def run(options: ExperimentOptions) -> Mapping[str, Any]:
    """`causaray reproduce ladine`. Raises BadInput for a recipe of another method, a split of one class, and
    a --work that holds another recipe of that name.
    """
    return measured_seeds(options, task_of(options))


def measured_seeds(options: ExperimentOptions, task: Task, note: Sequence[str] = ()) -> Mapping[str, Any]:
    """Everything of every seed, as a page; `note`: lines of the page on the data. Raises BadInput as `run` does."""
    claim(task.work, task.plan)
    about = {
        "command": options.command, "recipe": task.plan.name, "cohort": task.test.rows.name, "finding": task.plan.label,
        "learned from": len(task.known.rows), "temperature on": len(task.val.rows), "tested on": len(task.test.rows),
        "attacked": f"{len(task.test.rows) // 4} of these, within {EPS} of the grey range, by {PGD_STEPS} steps of "
        f"APGD or PGD and {QUERIES} queries of Square",
    }  # fmt: skip
    found: list[dict[str, Any]] = []
    results: Mapping[str, Any] = {}
    for seed in range(options.seeds):
        found.append(seed_found(task, seed, options.tell))
        results = write_page(about | {"seeds": len(found)}, found, task.test, options.out, note)  # anew after each seed
    return results

"""Distil an editor: a student of its denoisings, so that an edit takes one call of a network."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from causaray import weightfiles
from causaray.cohorts import open_cohorts
from causaray.systems.causal_disentanglement.direction_distillation import distillation_loss, lesson_requests
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor, EditorNet
from causaray.systems.causal_disentanglement.request_direction import noised, opposite, request_direction, start_time
from causaray.systems.causal_disentanglement.training.stages import encode_cache, pathology_of
from causaray.training.loop import Task, run
from causaray.training.recipe import Distillation, Recipe, recipe_of
from causaray.training.source import Source, training_rows
from causaray.training.updates import adamw, update
from causaray.writing import whole_file

LESSON = 64
"""Maps that are noised to one time: a batch of lessons."""


def distill(
    weights: Path, cohorts: Iterable[Path], out: Path, plan: Distillation | None = None, *, place: torch.device
) -> Path:
    """Train the student of the editor in `weights` and return the weights folder out/<name>; resumes what `out` holds.

    cohorts: prepared folders that the editor was trained on; the maps of their rows of split `train` are the lessons.
    place: where the student is trained.
    Raises BadInput for weights that say nothing of their training, and for cohorts of another size.
    """
    config, recipe, editor = weightfiles.config(weights), recipe_of(weights), CausalDisentanglementEditor.load(weights)
    source = Source(training_rows(open_cohorts(list(cohorts)), recipe), editor.names, recipe, place)
    student_net = EditorNet(replace(editor.config, distilled=True)).to(place)
    student_net.load_state_dict(editor.net.state_dict(), strict=False)
    train_student(student_net, source, recipe, plan or recipe.distill or Distillation(), out)
    kept = {key: config[key] for key in ("recipe", "cohorts") if key in config}
    CausalDisentanglementEditor(student_net.cpu(), replace(editor.config, distilled=True)).save(
        out / editor.name, **kept
    )
    return out / editor.name


def train_student(net: EditorNet, source: Source, recipe: Recipe, plan: Distillation, out: Path) -> None:
    """Lessons of the denoiser in `net`, then the training of `net.student`, which starts as a copy of it."""
    assert net.student is not None
    noisy, start, asked, direction = lessons(net, source, recipe, plan, out)
    student, scale = net.student.requires_grad_(True), direction.square().mean()
    student.load_state_dict(net.denoiser.state_dict())
    optimiser = adamw(student, plan.lr)

    def step(i: int) -> dict[str, float]:
        student.train()
        rows = torch.randint(len(noisy), (plan.batch,), device=noisy.device)
        with source.precision():
            loss = distillation_loss(student, noisy[rows], start[rows], asked[rows], direction[rows], scale)
        update(loss, optimiser, clip=1.0)
        return {"loss": loss.item()}

    student.load_state_dict(run(Task({"net": student}, {"net": optimiser}, step, "net"), plan.steps, out, "student"))


@torch.no_grad()
def lessons(net: EditorNet, source: Source, recipe: Recipe, plan: Distillation, out: Path) -> tuple[Tensor, ...]:
    """Noised maps, their times, requests, and the directions in which the denoiser moves them; kept in `out`."""
    kept = out / "lessons.pt"
    if kept.exists():
        return tuple(part.to(source.device) for part in torch.load(kept, weights_only=True))
    generator = torch.Generator().manual_seed(recipe.seed + 4)
    maps, _ = encode_cache(pathology_of(net.autoencoder), source, plan.lessons, recipe.seed + 4)
    names = source.n // (2 if recipe.graded else 1)
    taught = []
    for i, z in enumerate(net.pathology_scale(maps).split(LESSON)):
        strength = 0.02 + 0.98 * float(torch.rand((), generator=generator))
        noise = torch.randn(z.shape, generator=generator).to(z.device)
        asked = lesson_requests(len(z), names, recipe.graded, generator).to(z.device)
        direction = request_direction(
            net.denoiser, z, asked, noise, strength=strength, guidance=recipe.stage2.guidance,
            steps=plan.teacher_steps, away=opposite(asked, recipe.graded),
        )  # fmt: skip
        start = torch.full((len(z),), start_time(strength), device=z.device)
        taught.append((noised(z, noise, start_time(strength)), start, asked, direction))
        if i % 10 == 0:
            print(f"lessons {i * LESSON}/{plan.lessons}", flush=True)
    parts = tuple(torch.cat(part) for part in zip(*taught, strict=True))
    out.mkdir(parents=True, exist_ok=True)
    with whole_file(kept) as beside:
        torch.save(tuple(part.cpu() for part in parts), beside)
    return parts

"""Train system 1 from a recipe: the guide, the autoencoder with its interaction transformer, the pathology prior."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from time import sleep

import torch

from causaray import devices
from causaray.anatomy.requests import SEVERITY as DRAWN_SEVERITY
from causaray.cohorts import Cohort, open_cohorts
from causaray.editors.conditions import SEVERITY as PHANTOM_SEVERITY
from causaray.nets.autoencoder import Shape
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor, Config, EditorNet
from causaray.systems.causal_disentanglement.phrases import phrase_embeddings, tell_phrases
from causaray.systems.causal_disentanglement.training.amounts import calibrated_amounts
from causaray.systems.causal_disentanglement.training.distill import train_student
from causaray.systems.causal_disentanglement.training.drawn_pairs import drawn_pairs
from causaray.systems.causal_disentanglement.training.pairs import Pairs, write_pairs
from causaray.systems.causal_disentanglement.training.parts import train_edits, train_maps, train_refiner
from causaray.systems.causal_disentanglement.training.phantom_pairs import is_phantom, phantom_pairs
from causaray.systems.causal_disentanglement.training.report_texts import Texts
from causaray.systems.causal_disentanglement.training.stages import (
    train_guide,
    train_stage1,
    train_stage2,
    train_stage3,
)
from causaray.systems.causal_disentanglement.training.true_groups import train_groups, train_lesions
from causaray.training.parallel import from_first, rank
from causaray.training.recipe import Recipe, TrueGroups, claim, load_recipe
from causaray.training.source import Source, learnable, telling, trained_on, training_rows
from causaray.vocabulary import NAMES, NORMAL


def train(
    recipe: str | Path, cohorts: Iterable[Path], out: Path, seed: int | None = None, device: str = devices.AUTO
) -> Path:
    """Train the three parts in turn and return the weights folder out/<recipe name>. Resumes what `out` already holds.

    cohorts: prepared cohort folders (`causaray prepare`) at the size that the recipe needs. The generator sees split
    `train`, the guide its fold `guide` alone. device: as `devices.resolved` reads it. Raises BadInput for cohorts of
    another size or without training rows, and for an `out` of another recipe.
    """
    plan = load_recipe(recipe, seed)
    cohort = training_rows(open_cohorts(list(cohorts)), plan, plan.prepared)
    claim(out, plan)
    torch.manual_seed(plan.seed)
    place = devices.resolved(device)
    if plan.groups:
        return train_on_pairs(plan, plan.groups, cohort, out, place)
    names = learnable(cohort)
    guided = Source(cohort.subset(fold="guide"), names, plan, place)
    guide = train_guide(guided, plan, out)
    texts = None if plan.stage2.reads == "labels" else Texts(cohort, plan.stage2.reads == "refined", plan.seed)
    config, phrases = configure(plan, names), None
    if texts is not None:
        config = replace(config, reads=plan.stage2.reads, vocabulary=texts.vocabulary)
    if plan.stage2.text:
        phrases = phrase_embeddings(plan.stage2.text, config.columns)
        config = replace(config, text_width=phrases.shape[2])
    net = EditorNet(config)
    if phrases is not None:
        tell_phrases(net.denoiser, phrases)
    net.to(place)
    everything = Source(cohort, names, plan, place)
    train_stage1(net.autoencoder, guide, everything, plan, out)
    train_stage2(net, everything, plan, out, texts)
    if plan.distill:
        train_student(net, everything, plan, plan.distill, out)
    if plan.stage3:
        train_stage3(net, guide, guided, plan, plan.stage3, out)
    editor = CausalDisentanglementEditor(net, config, device=str(place))
    amounts = {} if plan.graded else calibrated_amounts(editor, guide, cohort, plan.seed)
    folder = out / plan.name
    CausalDisentanglementEditor(net.cpu(), replace(config, amounts=amounts)).save(
        folder, recipe=plan.model_dump(), cohorts=trained_on(cohort)
    )
    return folder


def train_on_pairs(plan: Recipe, groups: TrueGroups, cohort: Cohort, out: Path, place: torch.device) -> Path:
    """As `train`, with true groups: pairs are drawn on all films; guide and real swaps see those that tell findings."""
    names = tuple(name for name in NAMES if name in (NORMAL, *groups.findings))
    pairs = pairs_of(cohort, names, groups, plan, out / "pairs")
    real = telling(cohort, names)
    guide = train_guide(Source(real.subset(fold="guide"), names, plan, place), plan, out)
    words = PHANTOM_SEVERITY if is_phantom(cohort) else DRAWN_SEVERITY
    severities = {word: value for word, value in words.items() if word}
    config = replace(configure(plan, names), severities=severities, formed=groups.formed)
    net, source = EditorNet(config).to(place), Source(real, names, plan, place)
    train_groups(net, guide, source, pairs, plan, out)
    if groups.maps:
        train_maps(net, source, pairs, plan, groups.maps, out)
    if groups.fine_maps:
        train_refiner(net, source, pairs, plan, groups.fine_maps, out)
    if groups.edits:
        train_edits(net, source, pairs, plan, groups.edits, out)
    train_lesions(net, source, pairs, plan, out)
    folder = out / plan.name
    CausalDisentanglementEditor(net.cpu(), config).save(
        folder, half=True, recipe=plan.model_dump(), cohorts=trained_on(cohort)
    )
    return folder


def pairs_of(cohort: Cohort, names: tuple[str, ...], groups: TrueGroups, plan: Recipe, folder: Path) -> Pairs:
    """The pairs that a recipe learns from, made once: of phantoms by their world, else drawn on the films.

    Of several processes the first makes them in its folder, which all must see; the others wait for them, as long as it
    takes: no message between processes may wait for hours.
    """
    folder = Path(from_first(str(folder)))
    if rank() == 0 and not folder.is_dir():
        made = phantom_pairs if is_phantom(cohort) else drawn_pairs
        pairs = made(cohort, names, groups.findings, groups.pairs, plan.seed)
        return write_pairs(pairs, groups.pairs, cohort.size, folder)
    while not folder.is_dir():
        sleep(1)
    return Pairs.open(folder)


def configure(plan: Recipe, names: tuple[str, ...]) -> Config:
    """The part of a recipe that the weights need at inference."""
    shape = Shape(size=plan.size, **plan.latent.model_dump(), true_groups=plan.groups is not None)
    stage2 = plan.stage2
    return Config(
        plan.name, names, shape, stage2.dim, stage2.layers, stage2.guidance, stage2.sampling_steps, plan.graded,
        distilled=plan.distill is not None,
    )  # fmt: skip

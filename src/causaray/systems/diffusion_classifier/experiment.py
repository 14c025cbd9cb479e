"""`causaray reproduce diffusion-classifier`: read-outs over draws, rivals, groups, stopping, counterfactuals."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from causaray import devices
from causaray.cohorts import open_cohorts
from causaray.errors import BadInput
from causaray.experiments.options import ExperimentOptions
from causaray.experiments.results import kept_array
from causaray.systems.diffusion_classifier import rivals
from causaray.systems.diffusion_classifier.classifier import DiffusionClassifier, ReadOut
from causaray.systems.diffusion_classifier.counterfactuals import counterfactuals
from causaray.systems.diffusion_classifier.denoiser import ClassDenoiser
from causaray.systems.diffusion_classifier.editor import DiffusionClassifierEditor
from causaray.systems.diffusion_classifier.measured import by_decision, over_draws, rival_scores, stopping
from causaray.systems.diffusion_classifier.page import write_page
from causaray.systems.diffusion_classifier.recipe import DiffusionClassifierRecipe
from causaray.systems.diffusion_classifier.train import denoiser, learn, shape_of
from causaray.systems.diffusion_classifier.weights import Config
from causaray.systems.diffusion_classifier.worlds import World, cohort_world, phantom_worlds
from causaray.training.recipe import claim, load_plan

RECIPE = "diffusion-classifier-phantom-64"
IMAGES, MOST = 8000, 5000
"""Training images of each world of phantoms, and the most of a split of a cohort, where `--limit` says nothing."""
RIVAL_STEPS = 150
"""Updates of each ResNet-18, of 32 images."""
FEW = 25
"""Draws, or all where there are fewer, by which the denoiser before its training is read."""
TIMED = 4
"""Images that are read one by one, to say how long one takes."""


@dataclass(frozen=True)
class Trained:
    """A diffusion classifier of one world and seed, its draws not yet fitted; work: folder of what is kept."""

    world: World
    plan: DiffusionClassifierRecipe
    work: Path

    @cached_property
    def net(self) -> ClassDenoiser:
        """Trained where it is not yet."""
        net, train = self.untrained(), self.world.train
        claim(self.work, self.plan)
        learn(net, train.take, train.present, self.plan, self.work)
        return net

    def untrained(self) -> ClassDenoiser:
        """Its Gaussians alone."""
        return denoiser(self.plan, self.world.train.take, self.world.train.present, devices.resolved())

    @cached_property
    def classifier(self) -> DiffusionClassifier:
        read_out = ReadOut(self.plan.decision, self.plan.draws, self.plan.seed)
        return DiffusionClassifier(self.net, (self.world.finding,), read_out)

    def evidence(self, split: str) -> np.ndarray:
        """Differences (N, draws) of the images of split val or test; measured once."""
        part = self.world.val if split == "val" else self.world.test
        key = [split, len(part), self.plan.model_dump(mode="json")]
        return kept_array(self.work, key, lambda: self.classifier.evidence(part.images, 0))

    @cached_property
    def bins(self) -> np.ndarray:
        """The bin of times of each draw."""
        shape = self.net.encode(self.world.test.images[:1]).shape[1:]
        return self.classifier.bins(self.classifier.draws(shape))

    @property
    def editor(self) -> DiffusionClassifierEditor:
        names = (self.world.finding,)
        config = Config(self.plan.name, names, shape_of(self.plan), self.classifier.read_out, self.plan.guidance)
        return DiffusionClassifierEditor(self.net, config)

    def seconds(self) -> float:
        """Of one image read alone at all draws, the median of TIMED."""
        spent = []
        for i in range(TIMED):
            begun = time.perf_counter()
            self.classifier.evidence(self.world.test.images[i : i + 1], 0)
            spent.append(time.perf_counter() - begun)
        return float(np.median(spent))


def run(options: ExperimentOptions) -> dict[str, Any]:
    """`causaray reproduce diffusion-classifier`. Without cohorts on phantoms, at two correlations with a pacemaker.

    Raises BadInput for a cohort that does not show and lack the finding of the recipe.
    """
    plan = load_plan(options.recipe or RECIPE, DiffusionClassifierRecipe)
    about = {
        "command": options.command, "recipe": plan.name, "finding": plan.finding, "updates": plan.run.steps,
        "batch": plan.run.batch, "draws": plan.draws, "updates of ResNet-18": RIVAL_STEPS, "seeds": options.seeds,
        "cohorts": ", ".join(folder.name for folder in options.cohorts) or "phantoms",
    }  # fmt: skip
    found: dict[str, Any] = {}
    pictures: list[Any] = []
    for world in _worlds(options, plan):
        about |= {f"images of {world.name}": f"{len(world.train)} / {len(world.val)} / {len(world.test)}"}
        found[world.name] = [
            _measured(world, plan.model_copy(update={"seed": seed}), options, pictures) for seed in range(options.seeds)
        ]
        write_page(about, found, pictures, options.out)
    return found


def _worlds(options: ExperimentOptions, plan: DiffusionClassifierRecipe) -> Iterator[World]:
    if not options.cohorts:
        yield from phantom_worlds(plan.finding, plan.size, options.limit or IMAGES)
        return
    cohort = open_cohorts(list(options.cohorts))
    if cohort.size != plan.size:
        raise BadInput(f"The cohorts were prepared at {cohort.size} px; recipe {plan.name} needs {plan.size} px.")
    yield cohort_world(cohort, plan.finding, options.limit or MOST)


def _measured(
    world: World, plan: DiffusionClassifierRecipe, options: ExperimentOptions, pictures: list[Any]
) -> dict[str, Any]:
    """All figures of one world and seed; adds to `pictures` the counterfactuals of the first seed."""
    work = options.work / options.name / world.name.replace(" ", "-").replace(",", "") / str(plan.seed)
    own = Trained(world, plan, work)
    options.tell(f"{world.name}, seed {plan.seed}: the diffusion classifier")
    val, test = own.evidence("val"), own.evidence("test")
    scores = by_decision(world, val, test, own.bins)
    gaussians = DiffusionClassifier(
        own.untrained().eval(), (world.finding,), ReadOut(draws=min(FEW, plan.draws), seed=plan.seed)
    )
    scores[f"Gaussians alone, mean of {FEW} draws"] = by_decision(
        world, gaussians.evidence(world.val.images, 0), gaussians.evidence(world.test.images, 0), own.bins[:FEW]
    )["mean"]
    found = {
        "over draws": over_draws(world, val, test, own.bins),
        "stopping": stopping(world, val, test),
        "seconds an image": own.seconds(),
    }
    for rival in (rivals.ERM, rivals.GROUP_DRO) if world.uneven else (rivals.ERM,):
        options.tell(f"{world.name}, seed {plan.seed}: {rival}")
        net = rivals.trained(rival, world, plan.seed, RIVAL_STEPS, work / rival.replace(" ", "-"), plan.augment)
        scores[rival] = rival_scores(world, rivals.probabilities(net, world.test.images))
    found["classifiers"] = {name: one.figures(world, scores[rivals.ERM]) for name, one in scores.items()}
    found["vote against mean"] = scores["vote"].against(scores["mean"])
    if world.truth is not None:
        options.tell(f"{world.name}, seed {plan.seed}: counterfactuals")
        found["counterfactuals"], strips = counterfactuals(own.editor, world, options.judge)
        pictures += strips if plan.seed == 0 else []
    return found

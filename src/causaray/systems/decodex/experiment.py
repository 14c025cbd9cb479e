"""`causaray reproduce decodex`: is the artifact kept, does the disease change, what does it cost, what does it cure?"""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from causaray.classifiers.judge import Judge
from causaray.cohorts.phantom.planting import Planting
from causaray.cohorts.planted import Planted, planted
from causaray.evaluation.classification.reliance import do_effect
from causaray.evaluation.classification.worst_group import group_accuracy
from causaray.evaluation.statistics.auroc import auroc
from causaray.experiments.options import ExperimentOptions
from causaray.systems.decodex.augmentation import Learned, by_rows
from causaray.systems.decodex.chain import Estimate
from causaray.systems.decodex.counterfactuals import Made, Maker
from causaray.systems.decodex.guides import Guides, probabilities
from causaray.systems.decodex.measured import Asked, against, figures
from causaray.systems.decodex.page import write_page
from causaray.systems.decodex.recipe import DecodexRecipe
from causaray.systems.decodex.rows import rows_of_planted
from causaray.systems.decodex.train import config_of, learn
from causaray.systems.decodex.weights import DecodexNet
from causaray.training.recipe import claim, load_plan

RECIPE = "decodex-phantom-64"
CORRELATION, IMAGES, VAL, TEST = 0.9, 2000, 400, 800
"""Of finding and artifact in train and val; images of the splits; the test images are balanced."""
EDITED, AUGMENTED = 64, 100
"""Test images that are edited, of those that the classifier reads rightly, so that the other class is the opposite of
its answer as of the truth; and training images of the common groups of which counterfactuals are learned from."""
COMPARED, LONG = 16, 60
"""Images and steps by which the ways to find x_t are held against each other: 1,830 calls by recursion."""
ESTIMATES: tuple[Estimate, ...] = ("recursion", "one step", "through")
STRIPS = 8


def run(options: ExperimentOptions) -> dict[str, Any]:
    """`causaray reproduce decodex`, on phantoms with a planted artifact, one training of each kind.

    `--limit`: training images in place of IMAGES. Raises BadInput for a judge that does not know finding and artifact,
    and for a detector at chance.
    """
    plan = load_plan(options.recipe or RECIPE, DecodexRecipe)
    worlds = _worlds(plan, options.limit or IMAGES)
    work = options.work / options.name
    claim(work, plan)
    options.tell("classifier and detector")
    net = learn(plan, rows_of_planted(worlds["train"]), rows_of_planted(worlds["val"]), work)
    said = probabilities(net.guides.classifier, worlds["test"].images).numpy()
    right = (said > 0.5) == (worlds["test"].finding == 1)
    asked = Asked.of(worlds["test"], np.flatnonzero(right)[:EDITED], Judge.load(options.judge))
    found: dict[str, Any] = {
        "guides": _guides(net.guides, right, worlds["test"]),
        "second detector": asked.check(),
    }
    options.tell("counterfactuals")
    maker = net.maker(config_of(plan))
    makers = {"guided": maker, "unguided": _without(maker)}
    made = {name: _made(one, asked) for name, one in makers.items()}
    found["counterfactuals"] = _counterfactuals(asked, net.guides, made)
    options.tell("recursion against one step")
    found["estimates"] = _estimates(net, plan, asked.part(COMPARED))
    options.tell("augmentation")
    found["augmented"], more = _learned_from(worlds["train"], makers)
    found["groups"] = by_rows(worlds["train"], worlds["val"], worlds["test"], more, plan, work / "augmented")
    about = {
        "command": options.command, "recipe": plan.name, "finding": plan.finding, "artifact": Planting().artifact,
        "correlation": CORRELATION, "training images": len(worlds["train"]), "val": VAL, "test, balanced": TEST,
        "edited": EDITED, "updates of a classifier": plan.classifier.steps, "batch": plan.classifier.batch,
        "steps of a chain": plan.steps, "start": plan.start, "x_t": plan.estimate,
        "scales of the class": plan.class_scales, "of the detector": plan.detector_scales, "of L1": plan.l1,
        "of the features": plan.perceptual, "seeds": 1,
    }  # fmt: skip
    write_page(about, found, _strips(asked, made), options.out)
    return found


def _worlds(plan: DecodexRecipe, n: int) -> dict[str, Planted]:
    size, finding = plan.size, plan.finding
    return {
        "train": planted(CORRELATION, n, size, seed=0, finding=finding),
        "val": planted(CORRELATION, VAL, size, seed=1, finding=finding),
        "test": planted(0.5, TEST, size, seed=2, finding=finding),
    }


def _without(maker: Maker) -> Maker:
    """The same, the detector not asked."""
    return replace(maker, scales=maker.scales.without_detector())


def _made(maker: Maker, asked: Asked) -> Made:
    return maker.make(asked.images, asked.target, range(len(asked)))


def _guides(guides: Guides, right: np.ndarray, test: Planted) -> dict[str, Any]:
    """How the classifier does by group, how much it leans on the artifact, and the AUROC of the detector."""
    marked, bare = (
        probabilities(guides.classifier, one).numpy() for one in (test.with_artifact, test.without_artifact)
    )
    return {
        "groups": group_accuracy(right.astype(float), test.group, test.groups, test.patients),
        "do-effect": do_effect(marked, bare, test.patients),
        "detector": auroc(test.artifact, probabilities(guides.detector, test.images).numpy()),
    }


def _counterfactuals(asked: Asked, guides: Guides, made: Mapping[str, Made]) -> dict[str, Any]:
    images = {name: one.images for name, one in made.items()}
    images |= {"the image as it is": asked.images, "the true counterfactual": asked.truth}
    rows = {name: figures(asked, one, guides) for name, one in images.items()}
    for name, one in made.items():
        rows[name] |= {"done": float(one.done.float().mean()), "tried": float(one.tried.float().mean())}
    return {"rows": rows, "against": against(asked, images["guided"], images["unguided"], rows)}


def _estimates(net: DecodexNet, plan: DecodexRecipe, asked: Asked) -> dict[str, Any]:
    """Each way to find x_t, by the smallest pair of scales: figures, calls for all images together, and seconds."""
    found: dict[str, Any] = {}
    for estimate in ESTIMATES:
        smallest = plan.model_copy(
            update={
                "estimate": estimate, "class_scales": plan.class_scales[:1],
                "detector_scales": plan.detector_scales[:1],
            }
        )  # fmt: skip
        maker, begun = net.maker(config_of(smallest), steps=LONG), time.process_time()
        made = _made(maker, asked)
        found[estimate] = {
            "calls": made.calls, "seconds": time.process_time() - begun,
            **figures(asked, made.images, net.guides),
        }  # fmt: skip
    return found


def _learned_from(train: Planted, makers: Mapping[str, Maker]) -> tuple[dict[str, Any], dict[str, Learned]]:
    """Counterfactuals of the common groups, which are of the rare ones; beside them the true ones of the same images.

    Those that did not do what was asked are left out, and images that the classifier misreads as they are.
    """
    rows = np.flatnonzero(train.finding == train.artifact)[:AUGMENTED]
    images, target = train.images[torch.from_numpy(rows)], 1 - train.finding[rows]
    group = 2 * target + train.artifact[rows]
    found, learned = {}, {}
    for name, maker in makers.items():
        made = maker.make(images, torch.from_numpy(target), range(len(rows)))
        done = (made.done & (made.tried > 0)).numpy()
        found[name] = {"asked": len(rows), "done": int(done.sum())}
        if done.any():
            learned[f"{name} counterfactuals"] = Learned(made.images[torch.from_numpy(done)], target[done], group[done])
    truth = train.draw(rows, target, train.artifact[rows])
    return found, learned | {"true counterfactuals": Learned(truth, target, group)}


def _strips(asked: Asked, made: Mapping[str, Made]) -> list[tuple[str, np.ndarray]]:
    """The image, without the detector, with it, and the truth, of images with the artifact: half of each direction."""
    parts, strips = (asked.images, made["unguided"].images, made["guided"].images, asked.truth), []
    for wanted, word in ((1, "put in"), (0, "taken out")):
        for i in np.flatnonzero((asked.target.numpy() == wanted) & asked.artifact)[: STRIPS // 2]:
            strips.append((f"{asked.finding} {word}", torch.cat([part[i] for part in parts]).numpy()))
    return strips

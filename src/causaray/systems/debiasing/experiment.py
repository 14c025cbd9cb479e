"""`causaray reproduce debiasing`: classifiers under a planted shortcut, how much SCLS shows of it, and worst groups."""

from typing import Any

from causaray.experiments.options import ExperimentOptions
from causaray.systems.debiasing.measured import DRAWN, GAN, LOW, Bench, Measured, measured, rank_agreement
from causaray.systems.debiasing.page import Strip, strips, write_page
from causaray.systems.debiasing.recipe import DebiasingRecipe
from causaray.systems.debiasing.trained import Trainings
from causaray.systems.debiasing.worlds import DETECTOR, TEST, TEST_SEED, cases, phantoms
from causaray.training.recipe import load_plan

RECIPE = "debiasing-phantom-64"
IMAGES = 1000
"""Of each training set, where `--limit` says nothing."""


def run(options: ExperimentOptions) -> dict[str, Any]:
    """`causaray reproduce debiasing`, on phantoms: all `worlds.cases` for each seed of the nets."""
    plan = load_plan(options.recipe or RECIPE, DebiasingRecipe)
    images = options.limit or IMAGES
    about = {
        "command": options.command, "recipe": plan.name, "finding": plan.finding, "artifact": "pacemaker",
        "updates": plan.run.steps, "batch": plan.run.batch, "training images": images, "test images": TEST,
        "seeds": options.seeds,
    }  # fmt: skip
    truth = phantoms(plan, 0.5, TEST, TEST_SEED)
    found: list[dict[str, Any]] = []
    pictures: list[Strip] = []
    for seed in range(options.seeds):
        work = options.work / options.name / str(seed)
        trainings = Trainings(plan.model_copy(update={"seed": seed}), work, images)
        options.tell(f"seed {seed}: the judge")
        bench, each = Bench(truth, trainings.judge()), dict[str, Measured]()
        for case in cases():
            options.tell(f"seed {seed}: {case.name}")
            classes = truth.artifact if case.objective == DETECTOR else truth.finding
            each[case.name] = measured(trainings.pair(case), bench, classes)
        found.append({
            "judge": bench.validity(),
            "classifiers": {name: one.figures for name, one in each.items()},
            "spearman": {who: rank_agreement(list(each.values()), who, bench.patients) for who in (GAN, LOW, DRAWN)},
        })  # fmt: skip
        pictures = pictures or strips(each, bench)
        write_page(about, found, pictures, options.out)
    return {"seeds": found}

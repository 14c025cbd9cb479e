"""The page of the experiment: table.md and results.json, and counterfactuals.png."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from causaray.experiments.pictures import write_strips
from causaray.experiments.results import interval_cell, markdown_table, percent, write_results
from causaray.systems.diffusion_classifier.measured import DRAWS

Found = Mapping[str, Sequence[Mapping[str, Any]]]
"""World -> what was measured with each seed."""
PICTURE = "counterfactuals.png"
PAPER_OVER_DRAWS = {
    "U-Net, vote": (67.0, 71.6, 75.0, 79.9, 81.6, 83.5, 84.4, 84.8, 85.0),
    "U-Net, mean": (67.0, 72.1, 75.1, 79.5, 81.3, 82.2, 84.2, 84.0, 83.8),
    "DiT, vote": (72.6, 76.2, 79.4, 82.0, 85.0, 85.3, 85.7, 87.1, 86.1),
    "DiT, mean": (72.6, 77.3, 79.5, 83.4, 84.2, 84.3, 85.3, 86.5, 85.7),
    "Stable Diffusion, vote": (63.7, 68.3, 71.4, 77.2, 79.3, 81.2, 82.1, 83.1, 83.4),
    "Stable Diffusion, mean": (63.7, 69.0, 70.8, 75.5, 77.0, 78.6, 79.6, 80.4, 79.2),
}
"""Accuracy in %, CheXpert effusion against no finding, by DRAWS; read off a figure of the authors' site."""
PAPER = (
    "The paper (CheXpert, effusion against no finding, 256 px, 501 draws, majority vote): U-Net 84.5 %, DiT 86.1 %, "
    "Stable Diffusion 85.0 %, ResNet-18 90.9 %, so that the U-Net is 6.4 points below it; on ISIC 91.8 % against "
    "94.4 %, 2.6 points below. Its figures disagree with each other by up to 1.6 points."
)
PAPER_COVERAGE = (
    "The paper, accuracy with 0 / 20 / 50 % of the images held back: CheXpert U-Net 83.7 / 90.4 / 96.3 %, DiT 87.2 / "
    "92.6 / 97.1 %; ISIC U-Net 91.4 / 96.7 / 98.5 %."
)
READING = (
    "Of two classes the sign of the paired t is that of the mean, so that these two are one row where no threshold is "
    "chosen; they differ in confidence. Each image meets the same draws, so that the intervals, by patient, are those "
    "of other images and not of other draws or trainings. Thresholds, weights, bounds and calibration are of split val."
)


def write_page(about: Mapping[str, Any], found: Found, strips: Sequence[tuple[str, np.ndarray]], out: Path) -> None:
    """Write the page into `out`, of the worlds that are measured so far."""
    lines = [READING, "", PAPER, "", PAPER_COVERAGE, ""]
    for world, seeds in found.items():
        lines += [f"## {world}", "", *_world(seeds)]
    if strips:
        lines += ["## Pictures", "", "The image, its counterfactual, and the true counterfactual of the phantom.", "",
                  f"![counterfactuals]({PICTURE})"]  # fmt: skip
    title = "Diffusion classifier: accuracy over draws, rivals, groups, stopping, counterfactuals"
    write_results(out, title, about, {"worlds": found}, lines)
    if strips:
        write_strips(list(strips), out / PICTURE)


def _world(seeds: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield from ("### Accuracy over draws, %", "", *_over_draws([one["over draws"] for one in seeds]), "")
    yield from ("Mean over seeds, each classifier at its own zero. Paper: CheXpert, read off a figure.", "")
    for i, one in enumerate(seeds):
        yield from (f"### Seed {i}", "", *_classifiers(one["classifiers"]), "")
        pair = one["vote against mean"]
        yield from (
            f"Vote against mean: {pair['only_one']} images right by the vote alone, {pair['only_other']} by the mean "
            f"alone, McNemar p = {pair['p']:.2g}.",
            "",
        )
        yield from (_stopping(one), "")
        if "groups" in one["classifiers"]["vote"]:
            yield from ("Accuracy by group, at the threshold of each classifier itself, %:", "")
            yield from (*_groups(one["classifiers"]), "")
        if "counterfactuals" in one:
            yield from (_counterfactuals(one["counterfactuals"]), "")


def _over_draws(seeds: Sequence[Mapping[str, Mapping[str, float]]]) -> list[str]:
    counts = [n for n in DRAWS if str(n) in seeds[0]["vote"]]
    rows = [
        [name, *(f"{100 * np.mean([one[name][str(n)] for one in seeds]):.1f}" for n in counts)]
        for name in seeds[0]
        if name != "paired t"
    ]
    rows += [[f"paper, {name}", *(f"{values[DRAWS.index(n)]}" for n in counts)] for name, values in
             PAPER_OVER_DRAWS.items()]  # fmt: skip
    return markdown_table(["draws", *map(str, counts)], rows)


def _classifiers(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    head = ["classifier", "accuracy, %", "threshold of val, %", "AUROC", "half held back, %", "AURC", "ECE",
            "McNemar against ResNet-18: right alone / wrong alone / p"]  # fmt: skip
    rows = []
    for name, one in found.items():
        test = one["mcnemar"]
        tested = "" if name == "ResNet-18, ERM" else f"{test['only_one']} / {test['only_other']} / {test['p']:.3g}"
        rows.append([
            name, percent(one["accuracy"]), percent(one["tuned"]), f"{one['auroc']:.3f}", percent(one["half"]),
            f"{one['aurc']['value']:.3f}", f"{one['ece']:.3f}", tested,
        ])  # fmt: skip
    return markdown_table(head, rows)


def _stopping(one: Mapping[str, Any]) -> str:
    found = one["stopping"]
    return (
        f"Stopped where |paired t| reaches {found['bound']:g}: {percent(found['share'])} % of the draws used, accuracy "
        f"{percent(found['accuracy'])} %, {percent(found['lost'])} points lost to all draws. One image at all draws "
        f"takes {1000 * one['seconds an image']:.0f} ms on the machine that made this page."
    )


def _groups(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    names = list(found["vote"]["groups"]["groups"])
    rows = [
        [name, *(f"{100 * one['groups']['groups'][group]['value']:.1f}" for group in names),
         percent(one["groups"]["worst"]), percent(one["groups"]["mean"])]
        for name, one in found.items()
    ]  # fmt: skip
    return markdown_table(["classifier", *names, "worst", "mean"], rows)


def _counterfactuals(found: Mapping[str, Any]) -> str:
    truth = found["truth"]
    return (
        f"Counterfactuals of {found['images']} test images (strength {found['strength']:g}, guidance "
        f"{found['guidance']:g}, chosen on split val): of the {found['read rightly']} that the judge reads rightly it "
        f"reads {percent(found['flip'])} % as the other class afterwards ({percent(found['true flip'])} % of the true "
        "counterfactuals). Mean absolute distance to the true counterfactual, as a share of that of the image as it "
        f"is: {interval_cell(truth['whole']['l1_to_copied'])} over the whole image, "
        f"{interval_cell(truth['changed']['l1_to_copied'])} where the truth changes. Correlation of the change with "
        f"the true change: {interval_cell(truth['correlation'])}."
    )

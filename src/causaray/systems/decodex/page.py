"""The page of the experiment: table.md and results.json, and counterfactuals.png."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from causaray.experiments.pictures import write_strips
from causaray.experiments.results import interval_cell, markdown_table, percent, write_results

PICTURE = "counterfactuals.png"
PAPER = (
    "The paper's tables could not be read by us, so that no published figure stands beside ours. Its test set has 6 "
    "images in its smallest group (dot) and its script counts as flipped what the detector, not the classifier, says."
)
READING = (
    "One seed of each training. Intervals (95 %, by patient) are of other images, not of other trainings. The judge "
    "and second detector is one net that guided nothing and has seen no patient of these. Scales, start and steps were "
    "chosen on images of split val."
)


def write_page(
    about: Mapping[str, Any], found: Mapping[str, Any], strips: Sequence[tuple[str, np.ndarray]], out: Path
) -> None:
    """Write the page into `out`."""
    lines = [
        READING, "", PAPER, "", "## What guides", "", _guides(found), "",
        "## Counterfactuals, with and without the detector's guidance, of the same noise", "",
        *_rows(found["counterfactuals"]["rows"]), "", _against(found["counterfactuals"]["against"]), "",
        "## How the clean image is found that the nets are shown", "", *_estimates(found["estimates"]), "",
        "Calls of the denoiser for all images together, the chain without guidance that is subtracted among them; "
        "seconds of one core.", "",
        "## Classifiers by group, after augmentation", "", _augmented(found["augmented"]), "",
        *_groups(found["groups"]), "",
        "All are trained in as many updates of as many images. DFR trains the last layer of ERM again on split val.",
        "",
        "## Pictures", "", "The image, its counterfactual without the detector, with it, and the true counterfactual.",
        "", f"![counterfactuals]({PICTURE})",
    ]  # fmt: skip
    write_results(out, "DeCoDEx: counterfactuals that leave an artifact alone", about, found, lines)
    write_strips(list(strips), out / PICTURE)


def _guides(found: Mapping[str, Any]) -> str:
    guides, second = found["guides"], found["second detector"]
    groups = guides["groups"]
    by_group = ", ".join(f"{name} {100 * one['value']:.1f} %" for name, one in groups["groups"].items())
    return (
        f"The classifier that is explained: {by_group}. With the artifact put in and taken out of the same images its "
        f"probability differs by {interval_cell(guides['do-effect'])}. AUROC of the detector that guides "
        f"{guides['detector']:.3f}, of the second {second['auroc']:.3f}."
    )


def _rows(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    head = [
        "counterfactual", "flipped, by the classifier, %", "flipped, by the judge, %", "artifact kept, by the judge, %",
        "squared change within the artifact", "distance to the truth, share of the image's",
        "the same where the truth changes", "done, %", "pairs of scales",
    ]  # fmt: skip
    table = []
    for name, one in rows.items():
        truth = one["truth"]
        done = [f"{100 * one['done']:.0f}", f"{one['tried']:.1f}"] if "done" in one else ["", ""]
        table.append([
            name, percent(one["flip"]), percent(one["judge flip"]), percent(one["kept"]), interval_cell(one["in mask"]),
            interval_cell(truth["whole"]["l1_to_copied"]), interval_cell(truth["changed"]["l1_to_copied"]), *done,
        ])  # fmt: skip
    return markdown_table(head, table)


def _against(found: Mapping[str, Any]) -> str:
    return (
        f"With the detector against without: the artifact is kept {percent(found['kept'])} points more often, and the "
        f"squared change within its pixels is {percent(found['in mask'])} % of that without."
    )


def _estimates(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    head = ["x_t by", "calls", "seconds", "flipped, by the classifier, %", "flipped, by the judge, %",
            "artifact kept, by the judge, %", "distance to the truth, share of the image's"]  # fmt: skip
    return markdown_table(head, [
        [name, f"{one['calls']:,}", f"{one['seconds']:.1f}", percent(one["flip"]), percent(one["judge flip"]),
         percent(one["kept"]), interval_cell(one["truth"]["whole"]["l1_to_copied"])]
        for name, one in found.items()
    ])  # fmt: skip


def _augmented(found: Mapping[str, Mapping[str, int]]) -> str:
    told = "; ".join(f"{name} {one['done']} of {one['asked']}" for name, one in found.items())
    return f"Counterfactuals that did what was asked, and are learned from: {told}."


def _groups(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    names = list(found["ERM"]["groups"])
    rows = [
        [name, *(f"{100 * one['groups'][group]['value']:.1f}" for group in names), percent(one["worst"]),
         percent(one["mean"])]
        for name, one in found.items()
    ]  # fmt: skip
    return markdown_table(["training", *names, "worst", "mean"], rows)

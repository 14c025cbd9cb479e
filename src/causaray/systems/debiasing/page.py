"""The page of the experiment: table.md and results.json, counterfactuals.png and scls.png."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from causaray.experiments.pictures import write_strips
from causaray.experiments.results import interval_cell, markdown_table, percent, write_results
from causaray.systems.debiasing.measured import DRAWN, GAN, LOW, Bench, Measured
from causaray.systems.debiasing.worlds import DETECTOR, ORACLE
from causaray.writing import whole_file, without_nan

Strip = tuple[str, np.ndarray]
PICTURE, PLOT = "counterfactuals.png", "scls.png"
SHOWN = ("erm, D_50", "erm, D_70", "erm, D_90", "erm, D_100", "group-dro, D_90", "dfr, D_90", ORACLE, DETECTOR)
EACH = 2
"""Images of each group that are shown."""
WHO = {GAN: "the GAN", LOW: "the GAN, low-passed", DRAWN: "drawn"}
PAPER = (
    "The paper's formula of SCLS and its figures could not be read by us, so that no number here stands beside one of "
    "the paper's. SCLS_d and SCLS_r are ours: over the images whose counterfactual crosses the classifier's threshold, "
    "the mean change of what an independent detector d says of the artifact, and its share of that change and of the "
    "change of what a judge p says of the finding."
)
READING = (
    "At D_k the pacemaker goes along with the finding in k % of the training. All classifiers are measured on the same "
    "balanced test set. Intervals are by patient: those of other images, not of other trainings. do-effect: mean "
    "change of the classifier's probability when the pacemaker alone is put in or taken out, exactly. Drawn: the "
    "counterfactual is that of the true twins (other finding, other pacemaker) to which the classifier answers most. "
    "The oracle learned from each image with and without the pacemaker; the detector learned the pacemaker in place of "
    "the finding."
)


def write_page(
    about: Mapping[str, Any], found: Sequence[Mapping[str, Any]], pictures: Sequence[Strip], out: Path
) -> None:
    """Write the page into `out`, of the seeds that are measured so far."""
    lines = [PAPER, "", READING, ""]
    for i, one in enumerate(found):
        lines += [f"## Seed {i}", "", *_seed(one)]
    lines += ["## Pictures", "", "SCLS_d and the do-effect, with intervals, of the first seed:", "",
              f"![SCLS and do-effect]({PLOT})", "",
              "The image, and the counterfactuals of these classifiers, from left to right: "
              f"{'; '.join(SHOWN)}. Below each row its change, grey where there is none.", "",
              f"![counterfactuals]({PICTURE})"]  # fmt: skip
    title = "Debiasing: what SCLS shows of a planted shortcut, and who is free of it"
    write_results(out, title, about, {"seeds": without_nan(found)}, lines)
    write_strips(list(pictures), out / PICTURE)
    _plot(found[0]["classifiers"], out / PLOT)


def _seed(one: Mapping[str, Any]) -> Iterator[str]:
    found, rank, judge = one["classifiers"], one["spearman"], one["judge"]
    yield from ("Spearman's correlation of SCLS_d and do-effect over all classifiers (asked for: .9):", "")
    yield from (*markdown_table(["counterfactuals", "Spearman"],
                                [[WHO[who], interval_cell(rank[who])] for who in WHO]), "")  # fmt: skip
    yield f"AUROC on the test images: d {_area(judge['d'])}, p {_area(judge['p'])}."
    yield from ("", "### Reliance on the pacemaker, and the worst group", "", *_reliance(found), "")
    yield from ("### The counterfactuals of the GAN", "", *_generator(found), "")


def _reliance(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    head = ["classifier", "worst group, %", "which", "mean, %", "do-effect", "SCLS_d, GAN", "SCLS_d, low-passed",
            "SCLS_d, drawn", "SCLS_r, GAN"]  # fmt: skip
    rows = []
    for name, one in found.items():
        groups = one["groups"]
        rows.append([
            name, percent(groups["worst"]), groups["worst"]["group"], percent(groups["mean"]),
            interval_cell(one["do_effect"]), *(_cell(one[who]["scls_d"]) for who in WHO), _cell(one[GAN]["scls_r"]),
        ])  # fmt: skip
    return markdown_table(head, rows)


def _generator(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    head = ["classifier", "crosses, %", "change of f (CPG)", "crosses low-passed, too, %", "change of p",
            "alignment with d", "grey levels of 255", "crosses, drawn, %"]  # fmt: skip
    rows = []
    for name, one in found.items():
        stays = one["stays_low_passed"]
        rows.append([
            name, percent(one[GAN]["crossed"]), interval_cell(one["cpg"]), percent(stays) if stays else "-",
            _cell(one["pathology"]), interval_cell(one["alignment"]), interval_cell(one["grey_levels"]),
            percent(one[DRAWN]["crossed"]),
        ])  # fmt: skip
    return markdown_table(head, rows)


def strips(each: Mapping[str, Measured], bench: Bench) -> list[Strip]:
    """EACH images of every group with the counterfactuals of SHOWN, and below them the changes."""
    rows: list[Strip] = []
    for g, name in enumerate(bench.truth.groups):
        for row in np.flatnonzero(bench.own == g)[:EACH]:
            image = bench.images[row]
            made = torch.cat([image, *(each[one].made[row] for one in SHOWN)])
            rows += [(name, made.numpy()), ("change", (0.5 + made - image).clamp(0, 1).numpy())]
    return rows


def _plot(found: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(WHO), figsize=(4.2 * len(WHO), 4.2), sharex=True, sharey=True)
    kinds = list(dict.fromkeys(name.split(",")[0] for name in found))
    for ax, (who, title) in zip(axes, WHO.items(), strict=True):
        for name, one in found.items():
            kind, at, score = name.split(",")[0], one["do_effect"], one[who]["scls_d"]
            if score is None:
                continue
            spread = [[[v["value"] - v["low"]], [v["high"] - v["value"]]] for v in (at, score)]
            ax.errorbar(
                at["value"], score["value"], xerr=spread[0], yerr=spread[1], fmt="o", ms=6, capsize=2,
                color=f"C{kinds.index(kind)}", label=kind,
            )  # fmt: skip
            if "D_" in name:
                ax.annotate(name.split("D_")[1], (at["value"], score["value"]), (5, 5), textcoords="offset points",
                            fontsize=7)  # fmt: skip
        ax.set_title(f"counterfactuals: {title}", fontsize=10)
        ax.set_xlabel("do-effect of the pacemaker")
    axes[0].set_ylabel("SCLS_d")
    by_kind = dict(zip(*reversed(axes[0].get_legend_handles_labels()), strict=True))
    axes[0].legend(by_kind.values(), by_kind.keys(), fontsize=8)
    figure.tight_layout()
    with whole_file(path) as beside:
        figure.savefig(beside, format="png", dpi=110)
    pyplot.close(figure)


def _cell(figure: Mapping[str, float] | None) -> str:
    return "-" if figure is None else interval_cell(figure)


def _area(figure: Mapping[str, float]) -> str:
    return f"{figure['auroc']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"

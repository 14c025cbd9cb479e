"""What `causaray reproduce ddpo` found, as results.json, table.md, samples.png and curves.png."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from causaray.experiments.pictures import write_strips
from causaray.experiments.results import interval_cell, markdown_table, write_results
from causaray.systems.ddpo.curves import draw_curves
from causaray.systems.ddpo.measured import Measures, diversity_ratio, mean_of, ratio, shared_gain
from causaray.systems.ddpo.prompts import Prompts
from causaray.systems.ddpo.watch import parting
from causaray.writing import whole_file

RARE = 25
"""A prompt seen in fewer training images is rare."""
SHOWN = (0, 1, 2, 4, 8, 10, 12, 15)
"""Prompts in the picture."""
PUBLISHED = (
    "The paper's table (APR, FID, LPIPS on skin images, with Stable Diffusion at 512 px) could not be read by us: "
    "nothing here can be held against it."
)


def write_page(
    out: Path, about: Mapping[str, Any], found: Mapping[str, Any], prompts: Prompts, measures: Measures,
    shown: Mapping[str, Tensor],
) -> None:  # fmt: skip
    """shown: samples of each arm, prompts in turn. results.json holds figures, not every sample's."""
    arms = found["arms"]
    figures = {name: figures_of(arm, arms["prior"]) for name, arm in arms.items()} if "prior" in arms else {}
    kept = {key: found[key] for key in ("readers", "settings", "histories")}
    write_results(
        out, "RL4Med-DDPO: a prior that is taught to draw what a prompt names", about,
        {"arms": figures, "rare": rare(arms, prompts), **kept}, lines(found, figures, prompts, measures),
    )  # fmt: skip
    strips = {"real, given back by the autoencoder": measures.real} | {n: shown[n] for n in arms if n in shown}
    write_strips([(name, images[list(SHOWN), 0].numpy()) for name, images in strips.items()], out / "samples.png")
    with whole_file(out / "curves.png") as beside:
        draw_curves(found["histories"], beside)


def _short(prompts: Prompts, i: int) -> str:
    said = [name.lower() for name, there in zip(prompts.names, prompts.wanted[i], strict=True) if there]
    return " and ".join(said) or "nothing"


def figures_of(arm: Mapping[str, Any], prior: Mapping[str, Any]) -> dict[str, Any]:
    """An arm's figures with intervals, shares in per cent, and what it gained over the prior on the same noise."""
    found: dict[str, Any] = {key: scaled(mean_of(np.array(arm[key]))) for key in ("apr", "proxy", "second")}
    found |= {f"{key} gained": scaled(shared_gain(arm, prior, key)) for key in ("apr", "proxy", "second")}
    gap = np.array(arm["proxy"]) - np.array(arm["apr"])
    return found | {
        "proxy less apr": scaled(mean_of(gap)),
        "kid_x1000": {key: arm["kid_x1000"][key] for key in ("value", "low", "high")},
        "kid ratio": ratio(arm["kid_x1000"], prior["kid_x1000"]),
        "diversity ratio": diversity_ratio(arm, prior),
        "recall": arm["recall"],
        "words": arm["words"],
        "calls": arm["calls"],
        "spent": arm["spent"],
    }


def scaled(figure: Mapping[str, float]) -> dict[str, float]:
    """A share as per cent."""
    return {key: 100 * value if key in ("value", "low", "high") else value for key, value in figure.items()}


def rare(arms: Mapping[str, Any], prompts: Prompts) -> dict[str, Any]:
    """APR of each arm over prompts seen fewer than RARE times, and over the others, in per cent."""
    few = prompts.seen < RARE
    found: dict[str, Any] = {"seen": prompts.seen.tolist(), "rare": [prompts.texts[i] for i in np.flatnonzero(few)]}
    for name, arm in arms.items():
        apr = np.array(arm["apr"])
        rows = few[np.resize(np.arange(len(prompts)), len(apr))]
        if rows.any() and not rows.all():
            found[name] = {"rare": scaled(mean_of(apr[rows])), "others": scaled(mean_of(apr[~rows]))}
    return found


def lines(found: Mapping[str, Any], figures: Mapping[str, Any], prompts: Prompts, measures: Measures) -> list[str]:
    """The page below its first lines."""
    few = rare(found["arms"], prompts)
    parts = [_world(found, measures), _arms(figures), _rare(few), _training(found), _pictures(prompts)]
    return [line for part in parts for line in [*part, ""]]


def _world(found: Mapping[str, Any], measures: Measures) -> list[str]:
    right = found["readers"]
    knows = ", ".join(measures.prompts.names[i].lower() for i in measures.known)
    return [
        PUBLISHED,
        "",
        "Phantoms of 64 px with four words, each there or not: support devices (a pacemaker), a skin mark (a disc), "
        "pleural effusion, cardiomegaly. Sixteen prompts say all four; they are measured alike often, while training "
        "shows some of them rarely. The prior is text-conditioned, on the latents of `prior-phantom-64`. The reward is "
        "a small convolutional net, of half of the training patients; the judge an EfficientNet-Lite0 of the other "
        f"half. All words are read right in {100 * right['reward']:.0f} % (reward) and {100 * right['judge']:.0f} % "
        "(judge) of real test images, given back by the autoencoder. The second judge was trained elsewhere, on "
        f"sharp images; it knows {knows}.",
        "",
        "APR: all words of a sample are as asked for. Intervals (95 %) are by sample, gains and ratios over the same "
        "noise. The judge was also watched while the policy learned, on other noise, and decides when it ends; the "
        "second judge was not.",
    ]


def _arms(figures: Mapping[str, Any]) -> list[str]:
    rows = []
    for name, one in figures.items():
        points = ("apr", "apr gained", "second gained", "proxy less apr")
        cells = [f"{one[key]['value']:.1f} ({one[key]['low']:.1f} to {one[key]['high']:.1f})" for key in points]
        ratios = [interval_cell(one[key]) for key in ("kid ratio", "diversity ratio")]
        rows.append([name, str(one["apr"]["n"]), *cells, f"{one['kid_x1000']['value']:.2f}", *ratios,
                     f"{one['recall']:.2f}", f"{one['calls']:g}", f"{one['spent']:,.0f}"])  # fmt: skip
    head = ("arm", "samples", "APR by the judge, %", "gained over the prior", "gained, second judge",
            "reward's APR less the judge's", "KID x 1000", "KID to the prior's", "diversity to the prior's", "recall",
            "calls a sample", "calls of training")  # fmt: skip
    return [
        "## Obedience, and what it costs",
        "",
        "Asked for, of DDPO: 15 points gained, at most 5 between reward and judge, KID at most 1.1 and diversity at "
        "least 0.95 of the prior's. KID (by features of the second judge), diversity (1 - MS-SSIM of samples of one "
        "prompt) and recall (5 neighbours) are of the first 512 samples. A call is one of the denoiser; forward and "
        "backward count as three.",
        "",
        *markdown_table(head, rows),
    ]


def _rare(found: Mapping[str, Any]) -> list[str]:
    rows = [
        [name, *(f"{one[key]['value']:.1f} ({one[key]['low']:.1f} to {one[key]['high']:.1f})" for key in one)]
        for name, one in found.items()
        if name not in ("seen", "rare")
    ]
    said = "; ".join(found["rare"]) or "none"
    return [
        "## Rare prompts",
        "",
        f"APR over the prompts seen in fewer than {RARE} training images ({said}), and over the others, in per cent.",
        "",
        *markdown_table(("arm", "rare", "others"), rows),
    ]


def kept_epoch(history: Sequence[Mapping[str, Any]], part: float) -> int:
    """The epoch whose weights were given: that of the last look at which judge and reward had not parted."""
    looks = [row for row in history if "look" in row]
    told = [row["look"] for row in looks]
    return [row["epoch"] for i, row in enumerate(looks) if not parting(told[: i + 1], part)][-1]


def _training(found: Mapping[str, Any]) -> list[str]:
    rows = []
    for name, history in found["histories"].items():
        learned = [row for row in history if "off" in row]
        looks = [row["look"] for row in history if "look" in row]
        rows.append([
            name, str(len(learned)), str(kept_epoch(history, found["settings"]["part"])),
            f"{max(row['off'] for row in learned):.1e}",
            f"{np.mean([row['clipped'] for row in learned]):.2f}", f"{learned[0]['reward']:.3f}",
            f"{learned[-1]['reward']:.3f}", f"{100 * looks[0]['apr']:.1f} to {100 * looks[-1]['apr']:.1f}",
            f"{100 * looks[0]['proxy']:.1f} to {100 * looks[-1]['proxy']:.1f}",
        ])  # fmt: skip
    head = ("run", "epochs learned", "weights of epoch", "distance of rho from 1 before an update, at most",
            "share of later moves beyond the clip",
            "first reward", "last reward", "judge's APR, watched", "reward's APR, watched")  # fmt: skip
    part = 100 * found["settings"]["part"]
    said = (
        f"Where the reward's APR has gained {part:g} points more than the judge's since the first look, they have "
        "parted: the weights are those of the last look before. Watched are the same samples at each look, on other "
        "noise than is measured above."
    )
    return ["## The training", "", said, "", *markdown_table(head, rows), "", "![Curves of the training](curves.png)"]


def _pictures(prompts: Prompts) -> list[str]:
    return [
        "## Samples",
        "",
        f"Columns: {'; '.join(_short(prompts, i) for i in SHOWN)}. What is not named was asked to be absent. But for "
        "the first row, the second-order sampler and best of n, a column is of one noise.",
        "",
        "![Samples of each arm](samples.png)",
    ]

"""The page of HyperFusion's experiment: each problem's table, what missing columns cost, and when it pays."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from causaray.evaluation.statistics.resampled import corrected_difference
from causaray.experiments.results import markdown_table, write_results
from causaray.writing import whole_file

HYPER, IMAGE, CONCAT, PERMUTED = "HyperFusion", "image", "concatenation", "HyperFusion, permuted table"
PLAIN = "HyperFusion, no column dropout"
TITLES = {
    "interaction": "Phantoms: the table must change the reading",
    "additive": "Phantoms: the table only adds",
    "findings": "Radiographs: findings given age, sex and view",
    "age": "Radiographs: age of the chest given sex",
}
Found = Mapping[str, Any]


def write_page(out: Path, about: Mapping[str, Any], found: Mapping[str, Found]) -> None:
    """table.md, results.json and missing.png of problem -> what was found of it."""
    held_out = 1 / about["folds"]
    lines = [
        "The paper's figures are pictures in its repository that we could not read: published figure not readable by "
        "us. All nets have as many parameters as HyperFusion within 5 %, and are trained alike. Mean (lowest to "
        "highest) over all runs of folds and seeds; none is left out (runs.csv). Differences are to image alone and to "
        "concatenation, run by run, with the 95 % interval and p of the corrected resampled t-test.",
        "", "## When a hypernetwork pays", "", *(_verdict(name, one, held_out) for name, one in found.items()),
    ]  # fmt: skip
    for name, one in found.items():
        lines += ["", f"## {TITLES[name]}", "", *_section(one, held_out)]
    lines += ["", "![what missing columns cost](missing.png)"]
    write_results(
        out, "HyperFusion: when does it pay that a table makes the weights?", about, {"problems": found}, lines
    )
    _draw(out / "missing.png", found)


def _scores(one: Found, arm: str, share: str = "0") -> np.ndarray:
    return np.array([run["missing"][share] for run in one["runs"][arm]])


def _gain(one: Found, arm: str, other: str, share: str = "0") -> np.ndarray:
    """How much better an arm is than another, run by run: years of error less, or points of AUROC more (of 100)."""
    gain = _scores(one, arm, share) - _scores(one, other, share)
    return -gain if one["number"] else 100 * gain


def _unit(one: Found) -> str:
    return "years" if one["number"] else "points"


def _verdict(name: str, one: Found, held_out: float) -> str:
    """What the figures say of HyperFusion on a problem, in a line."""
    gain = corrected_difference(_gain(one, HYPER, CONCAT), held_out)
    best = max((arm for arm in one["runs"] if HYPER not in arm), key=lambda arm: _gain(one, arm, IMAGE).mean())
    over = corrected_difference(_gain(one, HYPER, best), held_out)
    said = "gains" if gain["low"] > 0 else "loses" if gain["high"] < 0 else "differs no more than runs differ"
    if np.isnan(gain["low"]):
        said = "stands in its only run so far, which has no interval,"
    line = f"- {TITLES[name]}: HyperFusion {said} against concatenation ({_interval(gain)} {_unit(one)})"
    if oracle := [run["oracle"] for run in one["runs"][HYPER] if "oracle" in run]:
        line += f"; it reaches {_scores(one, HYPER).mean() / np.mean(oracle):.3f} of the oracle's AUROC"
    return line + f". Best of the others is {best}, HyperFusion less that: {_interval(over)}."


def _section(one: Found, held_out: float) -> list[str]:
    first = next(iter(one["runs"].values()))
    what = "Mean absolute error in years, lower is better" if one["number"] else "AUROC, mean over the findings"
    oracle = ""
    if "oracle" in first[0]:
        mean = np.mean([run["oracle"] for run in first])
        oracle = f" The oracle, who knows the true probability: {mean:.3f}."
    lines = [
        f"{one['cases']} cases of {one['patients']} patients; table: {', '.join(one['columns'])}; read: "
        f"{', '.join(one['names'])}. {what}.{oracle} Differences in {_unit(one)}, better is positive.",
        "",
    ]
    rows = [_row(one, arm, held_out) for arm in one["runs"]]
    head = ["", "parameters", "score", "less image alone", "p", "less concatenation", "p"]
    changes = "change" in first[0]
    lines += markdown_table([*head, "change by the table"] if changes else head, rows)
    if changes:
        lines += [
            "", "Change by the table: the image is held and the laboratory value takes the opposite sign; correlation "
            "of the change of the reading with the true change, mean over the runs.",
        ]  # fmt: skip
    lines += ["", *_missing(one, held_out)]
    control = corrected_difference(_gain(one, PERMUTED, IMAGE), held_out)
    return [*lines, "", f"Control, permuted table less image alone: {_interval(control)} {_unit(one)}."]


def _row(one: Found, arm: str, held_out: float) -> list[str]:
    scores, digits = _scores(one, arm), 2 if one["number"] else 3
    cells = [arm, str(one["parameters"].get(arm, ""))]
    cells.append(f"{scores.mean():.{digits}f} ({scores.min():.{digits}f} to {scores.max():.{digits}f})")
    for other in (IMAGE, CONCAT):
        difference = corrected_difference(_gain(one, arm, other), held_out)
        p = "" if np.isnan(difference["p"]) else f"{difference['p']:.3f}"
        cells += ["", ""] if arm == other else [_interval(difference), p]
    changes = [run["change"] for run in one["runs"][arm] if "change" in run]
    return [*cells, f"{np.mean(changes):.2f}"] if changes else cells


def _missing(one: Found, held_out: float) -> list[str]:
    """A row an arm: how much better than the image alone, by the share of columns that is missing in use."""
    shares = list(next(iter(one["runs"].values()))[0]["missing"])
    rows = [
        [arm, *(_interval(corrected_difference(_gain(one, arm, IMAGE, share), held_out)) for share in shares)]
        for arm in one["runs"] if arm not in (IMAGE, PERMUTED)
    ]  # fmt: skip
    worst = min(float(_gain(one, HYPER, IMAGE, share).mean()) for share in shares)
    return [
        f"Better than image alone, in {_unit(one)}, with columns missing in use. HyperFusion at worst: {worst:+.1f}.",
        "",
        *markdown_table(["missing", *(f"{float(share):.0%}" for share in shares)], rows),
    ]


def _interval(figure: Mapping[str, float]) -> str:
    """The interval is left out where a single run has none."""
    ends = "" if np.isnan(figure["low"]) else f" ({figure['low']:+.1f} to {figure['high']:+.1f})"
    return f"{figure['value']:+.1f}{ends}"


def _draw(path: Path, found: Mapping[str, Found], arms: Sequence[str] = (IMAGE, CONCAT, "FiLM", HYPER, PLAIN)) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * len(found), 3.9), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (name, one) in zip(figure.subplots(1, len(found), squeeze=False)[0], found.items(), strict=True):
        shares = list(next(iter(one["runs"].values()))[0]["missing"])
        for arm in arms:
            axes.plot([100 * float(s) for s in shares], [_scores(one, arm, s).mean() for s in shares], label=arm)
        axes.set(title=TITLES[name].replace(": ", ":\n"), xlabel="columns missing in use (%)")
        axes.set_ylabel("mean absolute error (years)" if one["number"] else "AUROC")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=len(arms), fontsize="small")
    with whole_file(path) as beside:
        figure.savefig(beside, format="png", dpi=100)

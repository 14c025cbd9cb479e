"""What `causaray reproduce neural-sde` found, as results.json, table.md and films.png."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from causaray.counterfactual import MARK
from causaray.experiments.results import interval_cell, markdown_table, write_results
from causaray.imagefiles import Panel, write_grid

PICTURE = "films.png"
PUBLISHED = (
    "The paper's trials are not open, and its tables were not readable by us. An abstract of it by others states a "
    "mean "
    "squared error of the EDSS of about 0.575, better than an LSTM and fixed-time nets; nothing here can be held "
    "against that number. The phantoms are no patients: nothing here claims to know a real patient's future."
)
LITTLE = 0.1
"""A sum of biases up to which it is not said how much of it is recovered."""
FILMS = (
    "Of films the outcomes are what the judge reads off them, and the last value is the copy of the last film; times "
    "of nih are numbers of follow-ups, not days. "
)
RATIOS = {"ratio": "to the least possible", "ratio where the score is known": "where the score is known"}
Seeds = Sequence[Mapping[str, Any]]


def write_page(
    out: Path, about: Mapping[str, Any], found: Mapping[str, Any], films: Sequence[tuple[str, np.ndarray]]
) -> None:
    """films: name, pictures (P, S, S) of each column of films.png; the first two are no forecasts."""
    write_results(out, "Neural SDE: what comes of a patient under each treatment", about, found, lines(found))
    rows = [
        [Panel(column[i], name, "" if j == 0 else MARK) for j, (name, column) in enumerate(films)]
        for i in range(len(films[0][1]))
    ]
    write_grid(rows, out / PICTURE)


def lines(found: Mapping[str, Any]) -> list[str]:
    """The page below its first lines."""
    seeds = found["seeds"]
    parts = [
        [PUBLISHED],
        _factual(seeds),
        _spread(seeds),
        _diffusion(seeds),
        _effects(seeds),
        _confident(seeds),
        _assignment(found["assignment"]),
        _films(seeds),
        *([real_patients(found["real"], FILMS)] if found["real"] else []),
    ]
    return [line for part in parts for line in [*part, ""]]


def over(seeds: Seeds, figure: Callable[[Mapping[str, Any]], float], digits: int = 3) -> str:
    """The mean of a figure over the seeds, with the lowest and highest where there are several."""
    values = np.array([figure(seed) for seed in seeds], float)
    mean = f"{values.mean():.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ({values.min():.{digits}f} to {values.max():.{digits}f})"


def _factual(seeds: Seeds) -> list[str]:
    first = seeds[0]["factual"]
    rows = []
    for name in first:
        mse = over(seeds, lambda s, n=name: s["factual"][n]["mse"]["value"], 5)  # type: ignore[misc]
        ratios = [interval_cell(first[name][key]) if key in first[name] else "1" for key in RATIOS]
        rows.append([name, mse, *ratios])
    return [
        "## What was done: mean squared error at the visits after day 0",
        "",
        "Severities are in [0, 1]. Least possible: the variance that is left when severity and rate of day 0 are known "
        "exactly, in closed form. The models are told neither exactly, and where the score of day 0 is missing in the "
        "table (a tenth) only the image tells the severity. Ratios are of the first seed, with 95 % intervals by "
        "patient. Asked for: 1.15.",
        "",
        *markdown_table(("model", "mean squared error", *RATIOS.values()), rows),
    ]


def _spread(seeds: Seeds) -> list[str]:
    rows = []
    for name in seeds[0]["spread"]:
        cells = [over(seeds, lambda s, n=name: s["spread"][n]["crps"], 4)]  # type: ignore[misc]
        for kind in ("cover", "cover where it moves"):
            for level in seeds[0]["spread"][name][kind]:
                cells.append(over(seeds, lambda s, n=name, k=kind, v=level: 100 * s["spread"][n][k][v], 1))  # type: ignore[misc]
        rows.append([name, *cells])
    head = ("model", "CRPS", *(f"{level} %" for level in (50, 80, 90)), *(f"{v} %, moving" for v in (50, 80, 90)))
    return [
        "## Do intervals hold what they say",
        "",
        "Share of what was seen within the central intervals, in per cent; asked for: within 3 points. Moving: of the "
        "outcomes whose true deviation is above 0.01. Any interval holds an outcome that stands still at 0, so "
        "that the "
        "figures over all are above their level. The neural ODE has the spread of its own test errors, which flatters "
        "it.",
        "",
        *markdown_table(head, rows),
    ]


def _diffusion(seeds: Seeds) -> list[str]:
    bins = seeds[0]["diffusion"]["bins"]
    rows = [
        [name, *(over(seeds, lambda s, n=name, k=key: s["diffusion"]["bins"][n][k]) for key in ("model", "true"))]  # type: ignore[misc]
        for name in bins
    ]
    return [
        "## What g is",
        "",
        "Noise of the severity per root of a day, mean over patients who have the finding, beside sigma sqrt(r s "
        "(1 - s)). "
        f"Over all: {over(seeds, lambda s: s['diffusion']['ratio'], 2)} of the truth by energy score (asked for: "
        f"0.8 to "
        f"1.2), {over(seeds, lambda s: s['diffusion by squared error'], 2)} by squared error of the paths.",
        "",
        *markdown_table(("severity", "model", "true"), rows),
    ]


def _effects(seeds: Seeds) -> list[str]:
    first, policy = seeds[0]["effects"], seeds[0]["policy"]
    oracle = seeds[0]["policy"]["neural SDE"]["oracle"]
    rows = []
    for name in first:
        cover, gain = first[name].get("cover of 90 %"), "-"
        if name in policy:
            gain = over(seeds, lambda s, n=name: 100 * s["policy"][n]["model"] / s["policy"][n]["oracle"], 1)  # type: ignore[misc]
        pehe = over(seeds, lambda s, n=name: s["effects"][n]["pehe"])  # type: ignore[misc]
        rows.append([name, pehe, "-" if cover is None else f"{100 * cover:.1f}", gain])
    return [
        "## Effects on individuals, day 30",
        "",
        "sqrt(PEHE) of A and of B against none, over patients and findings, to the true expected effect; asked for: at "
        "most 0.5 times no effect and 0.8 times the T-learner. Cover: how often the 90 % interval of the difference of "
        "the paths, under common noise, holds the true difference on the patient's own Brownian path, where there is "
        "one. Such an interval is not identified by any trial: no patient is seen under two arms. Policy: each patient "
        f"gets the arm that the model expects to be best; share of the oracle's gain ({oracle:.3f}) over the best "
        f"single "
        "arm in the sum of the severities; asked for: 90 %.",
        "",
        *markdown_table(("model", "sqrt(PEHE)", "cover of 90 %", "policy, % of the oracle's gain"), rows),
    ]


def _confident(seeds: Seeds) -> list[str]:
    rows = []
    for name, groups in seeds[0]["confident"].items():
        for group, figures in groups.items():
            keys = ("promised", "realised", "error", "cover of 90 %")
            cells = [interval_cell(figures[key]) for key in keys]
            rows.append([name, group, *cells[:2], f"{figures['deviation promised']:.3f}", *cells[2:]])
    head = ("model", "patients", "effect promised", "effect realised", "deviation promised", "error", "cover of 90 %")
    return [
        "## The most confident fifth",
        "",
        "Effect of A against none on the sum of the severities on day 30, of the fifth of the patients whose effect is "
        "largest against its own spread, and of the rest; first seed, 95 % intervals by patient. The model by squared "
        "error is as sure of everybody, and its deviations mean nothing.",
        "",
        *markdown_table(head, rows),
    ]


def _assignment(found: Mapping[str, Any]) -> list[str]:
    rows = []
    for name, one in found.items():
        true = one["effects"]["true"]
        naive = {arm: one["effects"]["arms as they are"][arm] - true[arm] for arm in true}
        for called, effects in one["effects"].items():
            cells = [f"{effects[arm]:+.3f}" for arm in true]
            bias = sum(map(abs, naive.values()))
            left = sum(abs(effects[arm] - true[arm]) for arm in true)
            told = called != "true" and bias > LITTLE
            rows.append([name, called, *cells, f"{100 * (1 - left / bias):.0f}" if told else "-"])
    shares = "; ".join(f"{name}: {one['patients']}" for name, one in found.items())
    return [
        "## Treatments given by lot, and not",
        "",
        "Mean effects on the sum of the severities on day 7. Recovered: how much of the bias of the arms as they are "
        "is gone, in per cent, over both effects; asked for: 80 where nothing is hidden. By lot there is next to none. "
        "A hidden trait makes disease faster and treatment A likelier, and neither image nor table tells it: its part "
        "of the bias stays, and no method can know from these data that it is there. "
        f"Share of the arms: {shares}.",
        "",
        *markdown_table(("assignment", "estimate", "A - none", "B - none", "recovered"), rows),
    ]


def _films(seeds: Seeds) -> list[str]:
    ratio = interval_cell(seeds[0]["films"]["ratio"])
    return [
        "## The future as films",
        "",
        "Root of the mean squared difference of grey values to the true film of day 30 under the arm given: forecast "
        f"{over(seeds, lambda s: s['films']['forecast'], 4)}, copy of the film of day 0 "
        f"{over(seeds, lambda s: s['films']['copy of the last'], 4)}; ratio {ratio}, asked for: 0.8. Both are drawn by "
        "the renderer of the phantoms, all but the four findings as on day 0.",
        "",
        f"![Films of day 0, and of day 30 under each arm: forecast and true]({PICTURE})",
    ]


def real_patients(found: Mapping[str, Any], note: str = "") -> list[str]:
    """What was found of tables of visits and of pairs of films, by name; `note` is about the data."""
    rows = []
    for name, one in found.items():
        for called, figures in one["models"].items():
            own = called == "neural SDE"
            rows.append(
                [f"{name}, {one['patients']} patients, {one['visits']} visits", called, f"{figures['rmse']:.4f}",
                 interval_cell(figures["to last value"]), f"{100 * one['cover']:.1f}" if own else "-"]
            )  # fmt: skip
    head = ("data", "model", "root of the mean squared error", "squared error to that of the last value",
            "cover of 90 %")  # fmt: skip
    return [
        "## Real patients, what was done to them only",
        "",
        f"Three folds by patient; outcomes scaled to [0, 1]. {note}95 % intervals by patient.",
        "",
        *markdown_table(head, rows),
    ]

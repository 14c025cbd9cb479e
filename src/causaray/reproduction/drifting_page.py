"""What Latent Drifting's experiment found, as results.json, table.md and samples.png."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from causaray.imagefiles.grid import Panel, write_grid
from causaray.writing import make_folder, whole_file

Shown = Sequence[tuple[str, Tensor]]
"""Name of an arm, and some of its samples (n, 1, S, S)."""


def write_page(about: Mapping[str, Any], found: Mapping[str, Any], shown: Shown, real: Tensor, out: Path) -> None:
    """found: method -> what `latent_drifting.compare` found of it; real: images (n, 1, S, S) of split test."""
    make_folder(out)
    with whole_file(out / "results.json") as beside:
        beside.write_text(json.dumps({"about": about, "methods": found}, indent=1) + "\n", encoding="utf-8")
    with whole_file(out / "table.md") as beside:
        beside.write_text(markdown(about, found), encoding="utf-8")
    rows = [("real", real), *shown]
    write_grid([_panels(name, images, "" if name == "real" else "SYNTHETIC") for name, images in rows],
               out / "samples.png")  # fmt: skip


def _panels(name: str, images: Tensor, mark: str) -> list[Panel]:
    return [Panel(image[0].numpy(), name, mark) for image in images]


def markdown(about: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """The page: what was run, the search, and a line an arm."""
    lines = [
        "# Latent Drifting: a prior of one domain, fine-tuned on a few images of another",
        "",
        f"Made by `{about['command']}`.",
        "",
        f"Prior {about['prior']}, cohorts {about['cohorts']}: {about['steps']} updates on {about['limit']} patients of "
        f"split train, {about['seeds']} seeds, {about['n']} samples of captions of split test against its "
        f"{about['real']} images. Mean (lowest to highest) over the seeds; differences to the first line of a method, "
        f"seed by seed. KID x 1000 of Inception, lower is better; AUC: of {about['judge']}, between samples asked for "
        "with a finding and without.",
    ]
    for method, one in found.items():
        lines += ["", *_method(method, one)]
    return "\n".join([*lines, "", "![samples](samples.png)", ""])


def _method(method: str, one: Mapping[str, Any]) -> list[str]:
    searched = ", ".join(f"{delta}: {kid:.1f}" for delta, kid in one["search"].items())
    table = ["| | KID x 1000 | difference | AUC | difference |", "|---|---|---|---|---|"]
    first = next(iter(one["rows"].values()))
    table += [f"| {name} | {_cells(seeds, first)} |" for name, seeds in one["rows"].items()]
    best = f"Delta of {method}, the best other than 0: {one['delta']}."
    return [f"{best} KID x 1000 on split val, first seed: {searched}.", "", *table]


def _cells(seeds: Sequence[Mapping[str, Any]], first: Sequence[Mapping[str, Any]]) -> str:
    kid, auc = (np.array([key(seed) for seed in seeds]) for key in (_kid, _auc))
    before = [np.array([key(seed) for seed in first]) for key in (_kid, _auc)]
    return " | ".join([_range(kid, 1), _range(kid - before[0], 1), _range(auc, 3), _range(auc - before[1], 3)])


def _kid(seed: Mapping[str, Any]) -> float:
    return seed["kid_x1000"]["value"]


def _auc(seed: Mapping[str, Any]) -> float:
    return seed["auc"]


def _range(values: np.ndarray, digits: int) -> str:
    return f"{values.mean():.{digits}f} ({values.min():.{digits}f} to {values.max():.{digits}f})"

"""What Latent Drifting's experiment found, as results.json, table.md and samples.png."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student_t
from torch import Tensor

from causaray.imagefiles.grid import Panel, write_grid
from causaray.writing import make_folder, whole_file

Measured = Mapping[str, Any]
"""Figures of an arm for one seed."""
FIGURES: dict[str, tuple[int, Callable[[Measured], float]]] = {
    "KID x 1000": (1, lambda seed: seed["kid_x1000"]["reconstructed"]["inception"]["value"]),
    "the same, chest": (1, lambda seed: seed["kid_x1000"]["reconstructed"]["chest"]["value"]),
    "KID to real": (1, lambda seed: seed["kid_x1000"]["real"]["inception"]["value"]),
    "AUC": (3, lambda seed: seed["auc"]),
}
"""What is shown: digits, and where it is."""
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
        f"split train, seeds: {about['seeds']}, {about['n']} samples of captions of split test against its "
        f"{about['real']} images. Mean (lowest to highest) over the seeds; differences to the first line of a method, "
        "seed by seed, with the 95 % interval of Student's t. KID x 1000 of Inception's features and of the judge's "
        "(chest), lower is better: to those images as the prior's autoencoder gives them back, which is all that its "
        "samples can come near to, and to the real ones themselves, where what is given back has "
        f"{about['kid_of_reconstructed']['inception']['value']:.1f}. "
        f"AUC: of {about['judge']}, between samples asked for with a finding and without (between the real images "
        f"{about['auc_of_real']:.3f}, given back {about['auc_of_reconstructed']:.3f}). Neither prior nor judge has "
        "seen patients of split test.",
    ]
    for method, one in found.items():
        lines += ["", *_method(method, one)]
    return "\n".join([*lines, "", "![samples](samples.png)", ""])


def _method(method: str, one: Mapping[str, Any]) -> list[str]:
    kid, auc = FIGURES["KID x 1000"][1], FIGURES["AUC"][1]
    searched = ", ".join(f"{delta}: {kid(tried):.1f} ({auc(tried):.2f})" for delta, tried in one["search"].items())
    first = next(iter(one["rows"].values()))
    table = [
        "| | " + " | ".join(f"{name} | difference" for name in FIGURES) + " |",
        "|---" * (2 * len(FIGURES) + 1) + "|",
    ]
    table += [f"| {name} | {_cells(seeds, first)} |" for name, seeds in one["rows"].items()]
    best = f"Delta of {method}, the best other than 0: {one['delta']}."
    return [f"{best} KID x 1000 (and AUC) on split val, first seed: {searched}.", "", *table]


def _cells(seeds: Sequence[Measured], first: Sequence[Measured]) -> str:
    cells = []
    for digits, figure in FIGURES.values():
        values, before = (np.array([figure(seed) for seed in of]) for of in (seeds, first))
        cells += [_range(values, digits), _interval(values - before, digits)]
    return " | ".join(cells)


def _range(values: np.ndarray, digits: int) -> str:
    return f"{values.mean():.{digits}f} ({values.min():.{digits}f} to {values.max():.{digits}f})"


def _interval(differences: np.ndarray, digits: int) -> str:
    """Mean and, of two seeds or more, its 95 % interval by Student's t: seeds are few."""
    n, mean = len(differences), differences.mean()
    if n < 2:
        return f"{mean:.{digits}f}"
    half = student_t.ppf(0.975, n - 1) * differences.std(ddof=1) / np.sqrt(n)
    return f"{mean:.{digits}f} ({mean - half:.{digits}f} to {mean + half:.{digits}f})"

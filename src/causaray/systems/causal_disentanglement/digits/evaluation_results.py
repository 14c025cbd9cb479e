"""What an evaluation of digits leaves behind: metrics.json, results.md, and a grid to look at."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from causaray.cohorts.morphomnist import CLASSES, Digits
from causaray.systems.causal_disentanglement.digits.evaluation_measures import GREY
from causaray.systems.causal_disentanglement.digits.interventions import DigitEditor, Observation, counterfactual
from causaray.writing import whole_file

GRID, ENLARGED = "grid.png", 3
THICKNESSES, INTENSITIES = (1.5, 2.5, 4.0), (90.0, 160.0, 240.0)
READING = f"""\
Digits that no part of the editor has seen, one intervention of each kind on every one of them; the values of
do(thickness) and do(intensity) are drawn, each by itself, from all values of the training digits, the new digit evenly
from the other nine. What should be there is what was asked; for intensity under do(thickness) what the mechanism makes
of the new thickness and the abducted noise; else what the digit had. Thickness and intensity are read by morphometry
(`evaluation/morphometry.py`), the digit by a classifier trained on digits that the guide of the editor has not seen.
Errors are mean absolute ones, with 95 % intervals by drawing digits. `copied` is the input itself, `reconstructed` what
the decoder makes of it and its own causes; `real` is how far the measures are off on the real digits.

![Factual, reconstructed, do(thickness) {THICKNESSES}, do(intensity) {INTENSITIES}, do(digit) the next]({GRID})

Columns: factual, reconstructed, do(thickness) {THICKNESSES}, do(intensity) {INTENSITIES}, do(digit = the next).
"""


def write_results(report: dict[str, Any], editor: DigitEditor, digits: Digits, out: Path) -> None:
    """Write the three files into `out`; the grid shows the first digit of each class."""
    with whole_file(out / "metrics.json") as beside:
        beside.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    with whole_file(out / "results.md") as beside:
        beside.write_text(markdown(report), encoding="utf-8")
    with whole_file(out / GRID) as beside:
        Image.fromarray(grid(editor, _one_of_each(digits))).save(beside, format="PNG", optimize=True)


def grid(editor: DigitEditor, digits: Digits) -> np.ndarray:
    """uint8: a row a digit, factual, reconstructed, and under each intervention of the module's constants."""
    seen = digits.observation()
    asked: list[Observation] = [{"thickness": torch.full((len(digits), 1), t)} for t in THICKNESSES]
    asked += [{"intensity": torch.full((len(digits), 1), i)} for i in INTENSITIES]
    asked += [{"digit": seen["digit"].roll(1, dims=1)}]
    columns: list[Tensor] = [seen["image"], editor.reconstruct(**seen)]
    columns += [counterfactual(editor, seen, do)["image"] for do in asked]
    sheet = torch.cat([torch.cat(list(column), dim=1) for column in columns], dim=2)[0]
    return (sheet * GREY).round().to(torch.uint8).numpy().repeat(ENLARGED, 0).repeat(ENLARGED, 1)


def _one_of_each(digits: Digits) -> Digits:
    return digits.take(np.array([np.flatnonzero(digits.digit == k)[0] for k in range(CLASSES) if k in digits.digit]))


def markdown(report: dict[str, Any]) -> str:
    """results.md: the command, how to read the figures, and the tables."""
    about = report["about"]
    effects = [
        [f"do({name})", side, *_row(found)]
        for name, sides in report["effectiveness"].items()
        for side, found in sides.items()
    ]
    kept = [
        [f"{cycles} null edits", _span(found["l1"]), _span(report["composition_reconstructed"][cycles]["l1"])]
        for cycles, found in report["composition"].items()
    ]
    back = [[f"{k} cycles", _span(found["l1"]), "-"] for k, found in report["reversibility"].items() if k.isdigit()]
    return "\n".join([
        f"# {about['weights']} on {about['digits']} held-out digits\n",
        f"Made by `{about['command']}`.\n" * bool(about["command"]),
        f"Causaray {about['version']}, weights {about['digest'][:16]}, judge {about['judge'][:16]}, "
        f"seed {about['seed']}.\n",
        READING,
        "## Effectiveness\n",
        _table(["", "", "thickness (px)", "intensity (grey levels)", "digit right"],
               [["real", "", *_row(report["real"])], *effects]),
        "## Composition, and reversibility of do(thickness)\n",
        "Mean absolute difference to the factual image, in grey levels 0 to 255.\n",
        _table(["", "edited", "autoencoder alone"], kept + back),
    ])  # fmt: skip


def _row(found: dict[str, Any]) -> list[str]:
    return [_span(found[name]) for name in ("thickness", "intensity", "digit")]


def _span(found: dict[str, float]) -> str:
    return f"{found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f})"


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rows]) + "\n"

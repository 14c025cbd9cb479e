"""A comparison of editors as JSON, Markdown and a grid of pictures."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from causaray.cohorts.phantom import truth
from causaray.cohorts.phantom.cohort import NAME as PHANTOM
from causaray.evaluation.context import Context
from causaray.evaluation.report import span
from causaray.experiments.results import markdown_table
from causaray.findings import parse_prompt
from causaray.imagefiles import Panel, diverging, write_grid
from causaray.writing import whole_file, without_nan

SHOWN = 3
"""Patients in the grid."""
TEXT = "text"
"""Key of an editor's figures that hold those of its texts."""
ABOUT_TEXTS = (
    "The text of each edit (`interpretation` of the record), read by our reader of reports. Agrees: of the changes "
    "that it tells, those that go the way in which the judge's probability does; chance is 0.5. F1: against the "
    "changes of 0.15 or more that the judge sees, and against the change asked for. The request as text tells what was "
    "asked as if it were shown. A text that tells nothing of an edit that shows nothing is right and gains no F1."
)


def grid(contexts: Mapping[str, Context], asked: Sequence[str], path: Path) -> None:
    """A few patients, each with a finding added by every editor, and below what that changed; of phantoms the truth."""
    first = next(iter(contexts.values()))
    rows = []
    for i in range(min(SHOWN, len(first.patients))):
        finding = asked[i % len(asked)]
        added = first.requests(finding)[0].to_text()
        made = [
            Panel(context.edited.pairs[finding][0][i, 0].numpy(), f"{text.partition('=')[0]}: {added}", "SYNTHETIC")
            for text, context in contexts.items()
        ]
        factual = Panel(first.edited.factual[i, 0].numpy(), "factual")
        made += _truth(first, i, added)
        rows += [[factual, *made], _changes(factual, made)]
    write_grid(rows, path)


def _changes(factual: Panel, made: Sequence[Panel]) -> list[Panel]:
    """What each changed, all to one scale: the largest change but for a hundredth of the pixels."""
    changes = [panel.pixels - factual.pixels for panel in made]
    limit = max(1 / 255, float(np.quantile(np.abs(changes), 0.99)))
    scale = Panel(diverging(np.zeros_like(factual.pixels), 1.0), f"difference, to {255 * limit:.0f} grey levels")
    return [scale, *(Panel(diverging(change, limit), "blue darker, orange brighter") for change in changes)]


def _truth(context: Context, i: int, added: str) -> list[Panel]:
    if context.edited.name != PHANTOM:
        return []
    one = context.edited.rows.subset(mask=np.arange(len(context.patients)) == i)
    return [Panel(truth(one, parse_prompt(added))[0, 0].numpy(), f"truth: {added}")]


def write(report: Mapping[str, Any], out: Path) -> None:
    """compare.json and compare.md; what is NaN, such as a share of no changes told, is null and "-"."""
    report = without_nan(report)
    with whole_file(out / "compare.json") as beside:
        beside.write_text(json.dumps(report, indent=1, default=float, allow_nan=False) + "\n", encoding="utf-8")
    about = report["about"]
    lines = [
        "# Editors on the same patients", "", f"Made by `{about['command']}`.", "",
        f"At most {about['limit']} images of split {about['split']}, strength {about['strength']}; 95 % intervals by "
        "patient. A call is one latent through the denoiser. The judge is shown what no editor has learned from.",
    ]  # fmt: skip
    for name, editors in report["cohorts"].items():
        figures = {text: {key: one for key, one in found.items() if key != TEXT} for text, found in editors.items()}
        lines += ["", f"## {name}", "", *_table(figures), "", f"![{name}]({name}.png)"]
        texts = {text: found[TEXT] for text, found in editors.items()}
        lines += ["", "### What is written of the edits", "", ABOUT_TEXTS, "", *_table(texts)]
    with whole_file(out / "compare.md") as beside:
        beside.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _table(editors: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A row an editor, a column a figure."""
    columns = list(next(iter(editors.values())))
    rows = [[text, *(_cell(found[column]) for column in columns)] for text, found in editors.items()]
    return markdown_table(["", *columns], rows)


def _cell(figure: Any) -> str:
    if isinstance(figure, dict) and figure["value"] is None:
        return "-"
    if figure is None or isinstance(figure, bool):
        return {None: "-", True: "yes", False: "no"}[figure]
    if isinstance(figure, dict):
        return span(figure) if "low" in figure else f"{figure['value']:.3f}"
    return f"{figure:.3g}"

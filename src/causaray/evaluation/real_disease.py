"""Is real disease taken away? Films that truly have a finding, edited to have none of it, by judge and by signs.

`python -m causaray.evaluation.real_disease COHORT --weights cxr-128 --out docs/results` writes real-disease.md, .json
and .png. A film counts for the judge where the judge sees the finding at all: higher than in SEEN of the films without
it. Beside the removal stands the control: the same edit of another finding, one that the film does not have.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from torch import Tensor

from causaray import __version__
from causaray.anatomy.reader import AnatomyReader
from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort, open_cohorts
from causaray.editors.edit import EditRequest
from causaray.editors.protocol import Editor
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.evaluation.measured import command_of, run, write_results
from causaray.evaluation.pairs.signs import SIGNS, SignReader
from causaray.evaluation.report import span, table
from causaray.evaluation.statistics.bootstrap import Estimate, mean_interval
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.imagefiles import Panel, diverging, write_grid

SEEN = 0.8
"""A judge sees a finding in a film where it says more than in so large a share of the films without the finding."""
GRID = 3
"""Films of each finding in the picture: those in which the judge sees most of it."""
CONTROL = "Support Devices"
"""What is asked away in the control: removing it must leave a lung finding where it is."""
_LARGEST = 0.3


NAMES = ("Cardiomegaly", "Pleural Effusion", "Edema", "Consolidation", "Atelectasis", "Pneumothorax")
"""Findings that have a sign: the first of `pairs.signs.SIGNS`, which falls when the finding goes."""


@dataclass(frozen=True)
class Looked:
    """Of images the judge's probability of a finding (N,), and its sign (N,), NaN where it is not known."""

    judge: np.ndarray
    sign: np.ndarray


def look(images: Tensor, name: str, judge: Judge, signs: SignReader) -> Looked:
    """Judge and sign of a finding on images (N, 1, S, S)."""
    said = judge.predict(images).numpy()[:, judge.names.index(name)]
    return Looked(said, signs.measure(images, [Finding(name)] * len(images))[SIGNS[name][0]])


def removed(
    rows: Cohort, name: str, editor: Editor, judge: Judge, reader: AnatomyReader, seed: int
) -> tuple[dict[str, Any], list[list[Panel]]]:
    """What removing a finding does to the films of a cohort that have it, and the rows of the picture."""
    labels = rows.labels([name])[:, 0]
    ill, well = (torch.from_numpy(rows.images(np.flatnonzero(labels == state))) for state in (1, 0))
    people = rows.table["patient"].to_numpy()[labels == 1]
    threshold = float(np.quantile(judge.predict(well).numpy()[:, judge.names.index(name)], SEEN))
    without, control = (
        editor.edit(ill, EditRequest(Findings([Finding(one, "absent")]), seed)).counterfactual
        for one in (name, CONTROL)
    )
    signs = SignReader(reader, ill)
    before, after, other = (look(x, name, judge, signs) for x in (ill, without, control))
    sees = before.judge > threshold
    found: dict[str, Any] = {
        "films": len(ill), "patients": len(np.unique(people)), "seen": int(sees.sum()), "threshold": threshold,
        "judge": _fell(before.judge, after.judge, people, sees, seed),
        "judge_control": _fell(before.judge, other.judge, people, sees, seed),
        "judge_before": float(before.judge[sees].mean()) if sees.any() else None,
        "judge_after": float(after.judge[sees].mean()) if sees.any() else None,
        "sign": SIGNS[name][0].replace("_", " "),
        "sign_moves": _fell(before.sign, after.sign, people, sees, seed),
        "sign_control": _fell(before.sign, other.sign, people, sees, seed),
    }  # fmt: skip
    shown = np.argsort(-before.judge)[:GRID]
    return found, [_panels(ill[i, 0], without[i, 0], name) for i in shown]


def _fell(before: np.ndarray, after: np.ndarray, people: np.ndarray, sees: np.ndarray, seed: int) -> Estimate | None:
    """Share of the films in which the judge sees the finding where a figure is lower after than before."""
    known = sees & np.isfinite(before) & np.isfinite(after)
    return mean_interval((after < before)[known], people[known], seed=seed) if known.any() else None


def _panels(film: Tensor, made: Tensor, name: str) -> list[Panel]:
    return [
        Panel(film.numpy(), f"real {name.lower()}"), Panel(made.numpy(), "without it", "SYNTHETIC"),
        Panel(diverging((made - film).numpy(), _LARGEST), f"difference, full colour {_LARGEST}"),
    ]  # fmt: skip


def page(found: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    about = found["about"]
    head = ["finding", "films", "judge sees it", "judge falls", "control", "its mean", "sign", "sign falls", "control"]
    rows = [
        [
            name, str(one["films"]), str(one["seen"]), span(one["judge"]), span(one["judge_control"]),
            f"{one['judge_before']:.2f} to {one['judge_after']:.2f}" if one["seen"] else "-",
            one["sign"], span(one["sign_moves"]), span(one["sign_control"]),
        ]
        for name, one in found["findings"].items()
    ]  # fmt: skip
    return f"""# Real disease taken away

Made by `{about["command"]}`. Causaray {__version__}, weights {about["weights"]} {about["digest"][:16]}, split
{about["split"]}: films that are labelled with a finding, edited to have none of it. Labels are text-mined and noisy, so
shares are over the films in which the judge sees the finding at all: says more than in {SEEN:.0%} of the films without
it. Intervals of 95 % are by patient. The control asks {CONTROL.lower()} away instead.

{table(head, rows)}

![films](real-disease.png)

For each finding the {GRID} films in which the judge sees most of it.
"""


def main(
    cohorts: Annotated[list[Path], typer.Argument(help="Prepared cohorts at the size of the weights.")],
    weights: Annotated[str, typer.Option(help="Weights of system 1: a shipped name, or a folder.")] = "cxr-128",
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("docs/results"),
    split: Annotated[str, typer.Option(help="Rows that are edited.")] = "test",
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Measure, and write the files."""
    editor, judge = EditorSpec.read(weights).open(), Judge.load()
    reader, rows = AnatomyReader.load(), open_cohorts(cohorts).subset(split=split).frontal()
    known = [name for name in NAMES if name in editor.names and name in judge.names]
    known = [name for name in known if (rows.labels([name]) == 1).any() and (rows.labels([name]) == 0).any()]
    if CONTROL not in editor.names or not known:
        raise BadInput(f"{editor.name} cannot be asked, or {rows.name} shows nothing, of {', '.join(NAMES)}.")
    found: dict[str, Any] = {
        "about": {
            "command": command_of("real_disease"), "version": __version__, "weights": editor.name,
            "digest": editor.digest, "seed": seed, "split": split,
        },
        "findings": {},
    }  # fmt: skip
    pictures: list[list[Panel]] = []
    for name in known:
        print(name, flush=True)
        found["findings"][name], shown = removed(rows, name, editor, judge, reader, seed)
        pictures += shown
    write_results(out, "real-disease", found, page(found))
    write_grid(pictures, out / "real-disease.png")


if __name__ == "__main__":
    run(main)

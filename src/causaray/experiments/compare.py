"""All editors on the same patients: what they do, what they leave alone, and what they cost."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from causaray import __version__, weightfiles
from causaray.arguments import Cohorts, Device, JudgeName, Out, Seed, Split, Strength, folders_of
from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort, open_cohorts
from causaray.devices import AUTO
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.evaluation.context import Context
from causaray.evaluation.edits.by_editor import EditorCandidate, Settings
from causaray.evaluation.edits.candidates import shared_findings
from causaray.evaluation.edits.edited_cohort import Progress, by_cohort
from causaray.evaluation.statistics.bootstrap import mean_interval
from causaray.evaluation.suite import measure_cohort
from causaray.experiments.compare_page import TEXT, grid, write
from causaray.experiments.cost import cost
from causaray.writing import make_folder

SUITE = ("effect", "identity", "realism", "truth", "text")
FIGURES: Mapping[str, tuple[str, ...]] = {
    "effect, AUROC of the judge": ("mean_effect",),
    "own patient is nearest": ("identity", "edited"),
    "KID x 1000 to real": ("realism", "kid_x1000", "edited"),
    "power above half Nyquist / real": ("realism", "power_edited_to_real"),
    "distance to the truth / no edit's": ("truth", "l1_to_copied"),
}
"""What stands in the table -> where a cohort's part of metrics.json has it."""
TEXTS: Mapping[str, tuple[str, ...]] = {
    "changes told a text": ("told",),
    "agrees with the judge": ("agreement",),
    "texts dealt out anew": ("shuffled", "agreement"),
    "the request as text": ("template", "agreement"),
    "F1 against the judge": ("judge_f1",),
    "texts dealt out anew, F1": ("shuffled", "judge_f1"),
    "the request as text, F1": ("template", "judge_f1"),
    "F1 against the request": ("request_f1",),
    "the editor's own text agrees": ("written", "agreement"),
}
"""What stands in the table of texts -> where the family `text` has it."""


def compare(
    editors: Annotated[
        Sequence[str],
        str,
        typer.Option(help="Such as causal=phantom-64,prism=prior-phantom-64; kinds: docs/formats.md."),
    ],
    cohorts: Cohorts,
    out: Out,
    *,
    judge: JudgeName = weightfiles.JUDGE,
    split: Split = "test",
    limit: Annotated[int | None, int, typer.Option(min=8, help="At most so many images a cohort.")] = 64,
    seed: Seed = 0,
    strength: Strength = 0.7,
    findings: Annotated[
        Sequence[str],
        list[str],
        typer.Option("--finding", help="What is added and removed; may be given several times. Else all."),
    ] = (),
    device: Device = AUTO,
    command: str = "",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Measure several editors on the same patients; write compare.json, compare.md and a grid of pictures to `out`.

    Args:
        editors: such as "phantom-64", "prism=prior-phantom-64": weights, or a kind and a prior; of prism with "+" and
            a chest encoder, whose filters choose among its edits.
        cohorts: prepared cohort folders.
        out: folder of the table.
        judge: name or folder of the judge's weights.
        split: rows to measure on.
        limit: at most so many images a cohort.
        seed: of noise and choices.
        strength: of the edits, for all alike.
        findings: what is added and removed; all that editors and judge know when empty.
        device: where the editors run.
        command: the command line, to be printed above the figures.
        progress: called with (what, done, in all).

    Returns: the contents of compare.json.

    Raises:
        BadInput: for an unknown editor, weights of another kind or size, and patients that weights have learned from.
    """
    how = Settings(seed, strength)
    opened = {text: EditorCandidate.open(EditorSpec.read(text), how, device) for text in editors}
    cohort, reader, tell = open_cohorts(folders_of(cohorts)), Judge.load(judge), progress or _silent
    for one in opened.values():
        one.check(cohort, split, allow_trained=False)
    work = Path(out) / "unfinished"
    make_folder(work)
    about = {"command": command, "version": __version__, "judge": reader.digest, "split": split, "limit": limit}
    report: dict[str, Any] = {"about": {**about, "strength": strength, "seed": seed}, "cohorts": {}}
    for name, rows in by_cohort(cohort, split, limit, seed):
        asked = _asked(opened.values(), reader, name, rows, findings)
        training = cohort.subset("train", mask=cohort.table["cohort"] == name).frontal()
        contexts = {
            text: Context(one.edits(name, rows, asked, work, tell), reader, one, training, seed, tell)
            for text, one in opened.items()
        }
        report["cohorts"][name] = {text: _measured(context) for text, context in contexts.items()}
        grid(contexts, asked, Path(out) / f"{name}.png")
    write(report, Path(out))
    shutil.rmtree(work)
    return report


def _silent(what: str, done: int, total: int) -> None:
    """Tell nobody."""


def _asked(
    opened: Iterable[EditorCandidate], judge: Judge, name: str, rows: Cohort, wanted: Sequence[str]
) -> tuple[str, ...]:
    """The findings that all editors and the judge know, of those wanted. Raises BadInput when there are none."""
    shared = shared_findings(opened, judge, name, rows)
    asked = tuple(f for f in shared if f in wanted) if wanted else shared
    if not asked:
        raise BadInput(
            f"The editors and the judge share no finding asked for on {name}; they share {', '.join(shared)}."
        )
    return asked


def _measured(context: Context) -> dict[str, Any]:
    """The figures of an editor on a cohort, with intervals, and its cost."""
    whole = measure_cohort(context, SUITE)
    figures = {label: _estimate(whole, path) for label, path in FIGURES.items()}
    change = (context.by_turns - context.edited.factual).abs().mean().item() * 255
    null = bool(whole["null_edit_equal"])
    return {
        **figures,
        "mean change, grey levels": {"value": change},
        "null edit is the input": null,
        "let through by its filters": _let_through(context),
        **cost(context),
        TEXT: {label: _estimate(whole["text"], path) for label, path in TEXTS.items()},
    }


def _let_through(context: Context) -> dict[str, Any] | None:
    """The share of the edits that an editor's own filters let through; None of an editor without any."""
    filters = getattr(context.own.editor, "filters", None) if context.own else None
    if filters is None:
        return None
    accepted = [
        filters.scores(context.edited.factual, made, request).accepted
        for finding, pair in context.edited.pairs.items()
        for made, request in zip(pair, context.requests(finding), strict=True)
    ]
    shares = torch.stack(accepted).float().mean(0).numpy()
    return dict(mean_interval(shares, context.patients))


def _estimate(report: Any, path: Sequence[str]) -> dict[str, Any] | None:
    for key in path:
        report = report.get(key) if isinstance(report, dict) else None
    return report

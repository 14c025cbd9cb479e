"""causaray evaluate: measure an editor on patients it has never seen, and write what was found."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from causaray import __version__, weightfiles
from causaray.cohorts import open_cohorts
from causaray.errors import BadInput
from causaray.evaluation import edits
from causaray.evaluation.judge import Judge
from causaray.evaluation.measures import SUITES, measure_cohort
from causaray.evaluation.report import write_report
from causaray.methods.editor import Editor
from causaray.writing import make_folder


def evaluate(
    weights: str | Path,
    cohorts: Sequence[str | Path],
    out: str | Path,
    *,
    split: str = "test",
    suite: Sequence[str] = SUITES,
    limit: int | None = None,
    seed: int = 0,
    strength: float = 0.7,
    command: str = "",
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Any]:
    """Measure the editor `weights` on a split of prepared cohorts; write metrics.json, results.md and grids to `out`.

    Args:
        weights: name of shipped weights, or a weights folder.
        cohorts: prepared cohort folders, or a folder of several.
        out: folder of the report; a stopped run goes on from what it holds.
        split: rows to measure on.
        suite: families of measures, of SUITES.
        limit: at most so many images a cohort.
        seed: of noise, choices and draws.
        strength: of the edits.
        command: the command line, to be printed above the figures.
        progress: called with (what, done, in all).

    Returns: the contents of metrics.json.

    Raises:
        BadInput: for an unknown suite, a cohort that is not prepared or of another size, a split with next to no
            images, or a judge that knows none of the asked findings.
    """
    unknown = sorted(set(suite) - set(SUITES))
    if unknown:
        raise BadInput(f"There is no suite {unknown[0]}; known are {', '.join(SUITES)}.")
    tell = progress or (lambda what, done, total: None)
    editor, judge = Editor.load(weightfiles.find(weights)), Judge.load()
    cohort = open_cohorts([Path(folder) for folder in cohorts])
    if cohort.size != editor.size:
        raise BadInput(f"The cohorts were prepared at {cohort.size} px; {editor.name} works at {editor.size} px.")
    plan = [
        (name, rows, findings)
        for name, rows in edits.by_cohort(cohort, split, limit, seed)
        if (findings := asked(name, editor, judge))
    ]
    if not plan:
        raise BadInput(f"The judge and {editor.name} know no finding in common that {cohort.name} could be asked for.")
    work = Path(out) / "unfinished"
    make_folder(work)
    measured, sets = {}, []
    for name, rows, findings in plan:
        sets.append(edits.make(editor, name, rows, findings, work, seed, strength, tell))
        measured[name] = measure_cohort(sets[-1], judge, suite, seed, tell)
    about = {
        "command": command, "version": __version__, "weights": editor.name, "digest": editor.digest,
        "guidance": editor.config.guidance, "judge": judge.digest, "split": split, "limit": limit, "seed": seed,
        "strength": strength,
    }  # fmt: skip
    report = {"about": about, "cohorts": measured}
    write_report(report, sets, Path(out), seed)
    shutil.rmtree(work)
    return report


def asked(name: str, editor: Editor, judge: Judge) -> tuple[str, ...]:
    """The findings to add and remove in a cohort: those editor and judge both know."""
    return tuple(f for f in edits.ASKED.get(name, judge.names) if f in editor.names and f in judge.names)

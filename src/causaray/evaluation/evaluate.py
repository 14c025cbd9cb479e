"""causaray evaluate: measure an editor on patients it has never seen, and write what was found."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from causaray import __version__, weightfiles
from causaray.arguments import Cohorts, Device, JudgeName, Out, Seed, Split, Strength, folders_of
from causaray.classifiers.encoders import shipped_pull
from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort, open_cohorts
from causaray.cohorts.drawn import is_drawn
from causaray.devices import AUTO
from causaray.errors import BadInput
from causaray.evaluation.against import differences
from causaray.evaluation.context import Context
from causaray.evaluation.edits.by_editor import EditorCandidate, Settings
from causaray.evaluation.edits.candidates import Candidate, candidate, shared_findings
from causaray.evaluation.edits.edited_cohort import Progress, by_cohort
from causaray.evaluation.edits.from_folder import EditedFolder
from causaray.evaluation.judges.belief import believe, marked
from causaray.evaluation.pairs.evaluate import Which, evaluate_pairs
from causaray.evaluation.report import write_report
from causaray.evaluation.suite import SUITES, measure_cohort
from causaray.writing import make_folder


@dataclass(frozen=True, eq=False)
class Part:
    """A cohort as it is measured: the rows to be edited, the findings to be added and removed, the training rows."""

    name: str
    rows: Cohort
    findings: tuple[str, ...]
    training: Cohort


def evaluate(
    weights: Annotated[
        str | Path | None,
        str,
        typer.Option(help="Name of shipped weights, or a weights folder; cxr-128 unless --edited."),
    ],
    cohorts: Cohorts,
    out: Out,
    *,
    edited: Annotated[
        str | Path | None,
        Path,
        typer.Option(help="Instead of weights: images edited by any other editor, and edits.csv."),
    ] = None,
    against: Annotated[
        str | Path | None,
        str,
        typer.Option(help="A second editor beside the first: weights, or such a folder of edits."),
    ] = None,
    judge: JudgeName = weightfiles.JUDGE,
    split: Split = "test",
    suite: Annotated[
        Sequence[str], str, typer.Option(help="Families of measures (docs/formats.md), comma-separated.")
    ] = SUITES,
    limit: Annotated[int | None, typer.Option(min=8, help="At most so many images a cohort.")] = None,
    seed: Seed = 0,
    strength: Strength = 0.7,
    allow_trained: Annotated[
        bool, typer.Option("--allow-trained", help="Measure on patients that the weights have learned from, too.")
    ] = False,
    references: Annotated[
        str | Path | None,
        str,
        typer.Option(help="Chest encoder toward whose centroids the noise of added findings is optimised."),
    ] = None,
    engine: Annotated[str, typer.Option(help="Of that optimisation: gradient, search or amortised.")] = "search",
    steps: Annotated[
        int | None, typer.Option(min=1, help="Denoising steps of an edit by --weights, instead of their own.")
    ] = None,
    device: Device = AUTO,
    command: str = "",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Measure an editor on the frontal films of a split; write metrics.json, index.html and more to `out`.

    Args:
        weights: name of shipped weights, or a weights folder, or an editor on a prior, such as "prism=prior-128"; None
            when `edited` is given.
        cohorts: prepared cohort folders, or a folder of several. When all are drawn pairs (`causaray draw`), the edits
            are measured against their truth (evaluation.pairs), and nothing else is.
        out: folder of the report; a stopped run goes on from what it holds.
        edited: folder of images that any other editor made, with the table edits.csv (docs/formats.md).
        against: a second editor, weights or such a folder, measured on the same images beside the first.
        judge: name of the shipped judge, or the weights folder of one of another world.
        split: rows to measure on.
        suite: families of measures, of SUITES.
        limit: at most so many images a cohort.
        seed: of noise, choices and draws.
        strength: of the edits.
        allow_trained: measure on patients that the weights may have learned from, too.
        references: a chest encoder with centroids (name or weights folder) toward which `engine` optimises the noise of
            `weights` where a finding is added.
        engine: of that optimisation, "gradient", "search", "amortised", or the weights folder of an amortised one.
        steps: of the denoisings of an edit by `weights`, instead of their own (`against` keeps its own).
        device: where the editors run.
        command: the command line, to be printed above the figures.
        progress: called with (what, done, in all).

    Returns: the contents of metrics.json.

    Raises:
        BadInput: for an unknown suite, a cohort that is not prepared, of another size or learned from, a split with
            next to no images, an edited folder in which images are missing or too many, or a judge that knows none of
            the asked findings.
    """
    unknown = sorted(set(suite) - set(SUITES))
    if unknown:
        raise BadInput(f"There is no suite {unknown[0]}; known are {', '.join(SUITES)}.")
    pull = shipped_pull(weightfiles.find(references), engine) if references is not None else None
    candidates = [_first(weights, edited, Settings(seed, strength, steps, pull), device)]
    candidates += [candidate(against, Settings(seed, strength), device)] if against is not None else []
    cohort, reader = open_cohorts(folders_of(cohorts)), Judge.load(judge)
    tell = progress or (lambda *_: None)
    about: dict[str, Any] = {"command": command, "version": __version__, "judge": reader.digest}
    about |= {"split": split, "limit": limit, "seed": seed}
    if is_drawn(cohort):
        which = Which(split, limit, seed, allow_trained)
        return evaluate_pairs(candidates, cohort, reader, Path(out), which, suite, about, tell)
    plan = _plan(candidates, cohort, reader, split, limit, seed, allow_trained)
    work, known = Path(out) / "unfinished", believe(judge, reader.digest)
    make_folder(work)
    contexts = [_contexts(one, plan, reader, seed, work, tell) for one in candidates]
    measured = [{c.edited.name: marked(measure_cohort(c, suite), known) for c in several} for several in contexts]
    about |= {"believe": known}
    report: dict[str, Any] = {"about": {**about, **candidates[0].about()}, "cohorts": measured[0]}
    if against is not None:
        report["against"] = {"about": candidates[1].about(), "cohorts": measured[1]}
        report["difference"] = differences(*measured)
    write_report(report, [[c.edited for c in several] for several in contexts], Path(out), seed)
    shutil.rmtree(work)
    return report


def _first(weights: str | Path | None, edited: str | Path | None, settings: Settings, device: str) -> Candidate:
    if weights is not None and edited is not None:
        raise BadInput("Weights and an edited folder are two editors: name the second of them with --against.")
    if edited is not None:
        return EditedFolder.open(Path(edited))
    if weights is None:
        raise BadInput("Nothing to measure was named: neither weights nor an edited folder.")
    return candidate(weights, settings, device)


def _plan(
    candidates: Sequence[Candidate],
    cohort: Cohort,
    judge: Judge,
    split: str,
    limit: int | None,
    seed: int,
    allow_trained: bool,
) -> list[Part]:
    """What all candidates and the judge can answer; all that cannot be measured is refused here, before any edit."""
    parts = list(by_cohort(cohort, split, limit, seed))
    for one in candidates:
        one.check(cohort, split, allow_trained)
    plan = []
    for name, rows in parts:
        findings = shared_findings(candidates, judge, name, rows)
        if findings:
            training = cohort.subset("train", mask=cohort.table["cohort"] == name).frontal()
            plan.append(Part(name, rows, findings, training))
    if not plan:
        names = " and ".join(one.name for one in candidates)
        raise BadInput(f"The judge and {names} know no finding in common that {cohort.name} could be asked for.")
    return plan


def _contexts(
    one: Candidate, plan: Sequence[Part], judge: Judge, seed: int, work: Path, tell: Progress
) -> list[Context]:
    """All edits of a candidate, ready to be measured."""
    own = one if isinstance(one, EditorCandidate) else None
    return [
        Context(one.edits(part.name, part.rows, part.findings, work, tell), judge, own, part.training, seed, tell)
        for part in plan
    ]

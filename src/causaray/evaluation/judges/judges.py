"""Measure two judges on the same real films; write judge.md and judge.json.

`python -m causaray.evaluation.judges.judges COHORTS --judge NEW --against OLD --out docs/results`. What is measured
is in `judge_measures`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from causaray import __version__, weightfiles
from causaray.classifiers.judge import Judge
from causaray.cohorts import open_cohorts
from causaray.evaluation.judges.judge_measures import measured
from causaray.evaluation.measured import command_of, run, write_results
from causaray.evaluation.statistics.bootstrap import Estimate

Found = Mapping[str, Any]
Row = Callable[[str, Found], str]


def page(found: Found) -> str:
    """The results as Markdown."""
    about = found["about"]
    new, old = about["judges"]
    seconds = ", ".join(f"{name} {value * 1000:.0f} ms" for name, value in about["seconds"].items())
    heads = f"{new} | {old} | difference"
    return f"""# Two judges on the same real films

Made by `{about["command"]}`. Causaray {__version__}.

Split {about["split"]}. An image takes, on the threads that there were: {seconds}. Brackets are 95 % intervals by
drawing patients; differences are drawn in pairs, of the same patients. Labels of NIH are mined from reports.

## AUROC

Asked of labels that can be trusted: of a finding in a cohort that both shows and lacks it, of pneumonia in children
alone. The mean is over the findings of a cohort.

| cohort, finding | positives / films | {heads} |
|---|---|---|---|---|
{_rows(found["auroc"], _compared)}

The same with the films that radiologists read as normal taken to show nothing, and with pneumonia asked of adults too,
by NIH's label; what lacks it shows no other opacity:

| cohort, finding | positives / films | {heads} |
|---|---|---|---|---|
{_rows(found["auroc_read"], _compared)}

## Reliability

Expected calibration error (ten bins of equal mass), beside that of chance alone were every probability right, and Brier
score. Probabilities were fitted where findings are enriched.

| cohort, finding | positives / films | ECE: {new} | by chance | {old} | by chance | Brier: {new} | {old} |
|---|---|---|---|---|---|---|---|
{_rows(found["reliability"], lambda name, one: _reliable(name, one, new, old))}

## Films that radiologists read as normal

Mean probability of each finding: the lower, the better. No judge has learned from these patients, as far as a cohort
tells them apart; on fold guide its probabilities were fitted.

{_normal(found["normal"], new, old)}

## Does it know the cohort?

AUROC of each answer at telling normal films of {" from those of ".join(about["normals"])}. The same radiologists read
them as normal; their processing differs: 0.5 is no evidence of it. `probe` is a logistic regression on all features of
a judge's nets, in five folds.

| finding | {new} | {old} |
|---|---|---|
{_rows(found["cohort"], lambda name, one: f"| {name} | {_interval(one[new])} | {_interval(one[old])} |")}
"""


def _rows(some: Found, row: Row) -> str:
    return "\n".join(row(name, one) for name, one in some.items())


def _compared(name: str, one: Found) -> str:
    values = " | ".join(_interval(one[key]) for key in list(one) if key not in ("positives", "films"))
    return f"| {name} | {one['positives']} / {one['films']} | {values} |"


def _reliable(name: str, one: Found, new: str, old: str) -> str:
    errors = " | ".join(f"{_interval(one[key]['ece'])} | {one[key]['ece_if_perfect']:.3f}" for key in (new, old))
    briers = " | ".join(f"{one[key]['brier']['value']:.3f}" for key in (new, old))
    return f"| {name} | {one['positives']} / {one['films']} | {errors} | {briers} |"


def _normal(groups: Found, new: str, old: str) -> str:
    heads = " | ".join(f"{group} ({one['films']} films): {new} | {old}" for group, one in groups.items())
    names = dict.fromkeys(name for one in groups.values() for name in one["mean"])
    lines = [
        f"| {name} | " + " | ".join(_mean(one["mean"][name].get(key)) for one in groups.values() for key in (new, old))
        for name in names
    ]
    return f"| finding | {heads} |\n|{'---|' * (1 + 2 * len(groups))}\n" + "\n".join(f"{line} |" for line in lines)


def _mean(one: Estimate | None) -> str:
    return "-" if one is None else _interval(one)


def _interval(one: Estimate | None) -> str:
    return "-" if one is None else f"{one['value']:.2f} ({one['low']:.2f} to {one['high']:.2f})"


def main(
    cohorts: Annotated[list[Path], typer.Argument(help="Folders written by `prepare`.")],
    judge: Annotated[str, typer.Option(help="A judge: a shipped name, or a weights folder.")],
    against: Annotated[str, typer.Option(help="The judge beside it.")],
    out: Annotated[Path, typer.Option(help="Folder for judge.md and judge.json.")] = Path("docs/results"),
    split: Annotated[str, typer.Option(help="Rows to measure on; `train` is those of fold guide.")] = "test",
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Measure, and write both files."""
    folders = [weightfiles.find(one) for one in (judge, against)]
    judges = {folder.name: Judge.load(folder) for folder in folders}
    found = measured(judges, open_cohorts(cohorts), split, seed)
    found["about"]["command"] = command_of("judges.judges")
    write_results(out, "judge", found, page(found))


if __name__ == "__main__":
    run(main)

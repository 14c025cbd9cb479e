"""`causaray read-reports` on the command line."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from causaray.app.commandline import of_verb
from causaray.app.terminal import command_line, progress_bar, say_json
from causaray.errors import BadInput
from causaray.reports.reading import Reader

GOLD = "iu"


@of_verb("read_reports", "engine_of")
def read_reports(
    verb: partial[Reader],
    source: Annotated[Path, typer.Argument(help="A report, a table or archive of them, or a folder.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a report, a line each.")] = False,
    labels: Annotated[Path | None, typer.Option(help="Write CheXpert's fourteen labels to this CSV file.")] = None,
    before: Annotated[
        Path | None, typer.Option(help="An earlier report of the patient: tell what became of the findings.")
    ] = None,
    evaluate: Annotated[
        str | None, typer.Option(help="iu: measure the reader on Indiana University's annotated reports.")
    ] = None,
    develop: Annotated[
        bool, typer.Option("--develop", help="With --evaluate: the half on which the rules were written.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder for the page of --evaluate.")] = Path("out"),
) -> None:
    from causaray.app.verbs.read_reports import compare_reports, read_reports
    from causaray.reports.labels import write_labels
    from causaray.reports.sources import read_reports as reports_of

    reader = verb()
    if evaluate is not None:
        _evaluate(evaluate, source, reader, out, verb.keywords["engine"], develop)
    elif labels is not None:
        print(f"{labels}: {write_labels(reports_of(source), reader, labels)} reports")
    elif before is not None:
        changes = compare_reports(before, source, reader)
        print(" ".join(changes) or "No change is told.")
    else:
        for key, reading in read_reports(source, reader):
            say_json({"report": key, **reading.to_json()}) if json else print(f"{key}: {reading.to_line()}")


def _evaluate(gold: str, source: Path, reader: Reader, out: Path, engine: str, develop: bool) -> None:
    from causaray.reports.evaluation.evaluate import evaluate_reading
    from causaray.reports.sources import read_reports as reports_of

    if gold != GOLD:
        raise BadInput(f"There is no gold standard {gold}; known is {GOLD}.")
    with progress_bar("Reading") as progress:
        evaluate_reading(
            reports_of(source), reader, out, engine=engine, develop=develop, command=command_line(), progress=progress
        )
    print(f"To read: {out / 'reports.md'}.")

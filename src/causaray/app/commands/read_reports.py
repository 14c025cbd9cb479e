"""`causaray read-reports` on the command line."""

from pathlib import Path
from typing import Annotated

import typer

from causaray.app.terminal import command_line, progress_bar, say_json
from causaray.errors import BadInput
from causaray.reports.reading import Reader

GOLD = "iu"


def read_reports(
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
    engine: Annotated[str, typer.Option(help="rules, or llm: a language model at --endpoint.")] = "rules",
    endpoint: Annotated[
        str | None, typer.Option(help="Base URL of an OpenAI-compatible server; reports are sent there alone.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="What that server calls the model.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder of its answers, so that none is asked for twice.")] = None,
    budget: Annotated[int | None, typer.Option(min=1, help="Most tokens in all.")] = None,
    rate: Annotated[float | None, typer.Option(min=0.1, help="Most requests a minute.")] = None,
) -> None:
    from causaray.app.verbs.read_reports import compare_reports, engine_of, read_reports
    from causaray.reports.labels import write_labels
    from causaray.reports.sources import read_reports as reports_of

    reader = engine_of(engine, endpoint, model, cache, budget, rate)
    if evaluate is not None:
        _evaluate(evaluate, source, reader, out, engine, develop)
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

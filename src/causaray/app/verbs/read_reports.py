"""causaray read-reports: what radiology reports say of the findings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from causaray.cohorts.phantom.changes import told
from causaray.errors import BadInput
from causaray.progression import Change
from causaray.reports.progression import progression
from causaray.reports.reading import Reader, Reading
from causaray.reports.rules import read_report
from causaray.reports.sources import read_reports as reports_of

ENGINES = ("rules", "llm")


def read_reports(source: str | Path, reader: Reader = read_report) -> Iterator[tuple[str, Reading]]:
    """Read reports one by one: (name of the report, what it says).

    Args:
        source: a report (.txt, .xml), a table or archive of them as published, or a folder of any of these.
        reader: the engine, `reports.rules.read_report` or a `reports.llm.LanguageModel`.

    Raises:
        BadInput: for what cannot be read.
    """
    return ((one.key, reader(one.text)) for one in reports_of(source))


def read_one(source: str | Path, reader: Reader = read_report) -> Reading:
    """The reading of a source that holds one report. Raises BadInput when it holds several, or one that is not read."""
    found = [reading for _, reading in read_reports(source, reader)]
    if len(found) != 1:
        raise BadInput(f"{source} holds {len(found)} reports; name a file with one.")
    if found[0].unread:
        raise BadInput(f"{source} is in {found[0].unread}; English reports are read, so translate it.")
    return found[0]


def compare_reports(before: str | Path, after: str | Path, reader: Reader = read_report) -> dict[str, Change]:
    """What became of a patient's findings between two reports: {sentence: change}, new and worse first.

    Raises BadInput for a source that does not hold one report.
    """
    return {told(change): change for change in progression(read_one(before, reader), read_one(after, reader))}


def engine_of(
    engine: Annotated[str, typer.Option(help="rules, or llm: a language model at --endpoint.")] = "rules",
    endpoint: Annotated[
        str | None, typer.Option(help="Base URL of an OpenAI-compatible server; reports are sent there alone.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="What that server calls the model.")] = None,
    cache: Annotated[
        str | Path | None, Path, typer.Option(help="Folder of its answers, so that none is asked for twice.")
    ] = None,
    budget: Annotated[int | None, typer.Option(min=1, help="Most tokens in all.")] = None,
    rate: Annotated[float | None, typer.Option(min=0.1, help="Most requests a minute.")] = None,
) -> Reader:
    """The engine called `engine`: "rules" (on the spot, the same every time), or "llm", a language model.

    Args:
        engine: one of ENGINES.
        endpoint: base URL of an OpenAI-compatible server; the reports are sent there and nowhere else.
        model: what the server calls the model.
        cache: folder of answers; what was asked once is not asked again.
        budget: most tokens in all.
        rate: most requests a minute.

    Raises:
        BadInput: for an unknown engine, a language model that is not named, and a server named to the rules.
    """
    if engine not in ENGINES:
        raise BadInput(f"There is no engine {engine} that reads reports; known are {' and '.join(ENGINES)}.")
    if engine == "rules":
        if endpoint or model:
            raise BadInput("Engine rules asks no server; add --engine llm, or leave out --endpoint and --model.")
        return read_report
    if not endpoint or not model:
        raise BadInput("Engine llm needs --endpoint and --model: reports go only where you say.")
    from causaray.reports.llm import LanguageModel

    return LanguageModel(endpoint, model, cache=cache, budget=budget, requests_per_minute=rate)

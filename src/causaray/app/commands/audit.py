"""`causaray audit` on the command line."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from causaray.app.commandline import of_verb
from causaray.app.terminal import command_line, progress_bar


@of_verb("audit", out=...)
def audit(
    verb: partial[dict[str, Any]],
    model_findings: Annotated[
        str | None, typer.Option(help="What its outputs are, comma-separated, where it does not say.")
    ] = None,
    model_range: Annotated[
        str | None, typer.Option(help="Grey values that it takes: unit, imagenet or torchxrayvision.")
    ] = None,
    model_output: Annotated[str | None, typer.Option(help="What it gives: probability or logit.")] = None,
    threshold: Annotated[str | None, typer.Option(help="Probability from which on it says yes.")] = None,
) -> None:
    said = {"findings": model_findings, "range": model_range, "output": model_output, "threshold": threshold}
    stated = {key: value for key, value in said.items() if value is not None}
    with progress_bar("Auditing") as progress:
        report = verb(stated=stated, command=command_line(), progress=progress)
    out = Path(verb.keywords["out"])
    print(f"To read: {out / 'report.html'}; {', '.join(report['findings'])}, figures in {out / 'audit.json'}.")

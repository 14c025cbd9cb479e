"""The verb `serve` on the command line."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from causaray.app.options import WeightsOption


def serve(
    host: Annotated[
        str, typer.Option(help="Where to listen; any other than this machine asks for a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0 is any that is free.")] = 7860,
    weights: WeightsOption = "cxr-128",
    token: Annotated[
        str | None, typer.Option(help="What requests must know; better in CAUSARAY_TOKEN, else one is made.")
    ] = None,
    queue: Annotated[int, typer.Option(min=1, help="How many edits may wait.")] = 8,
    max_upload_mib: Annotated[int, typer.Option(min=1, max=1024, help="Most MiB of a request.")] = 32,
    cohort: Annotated[
        list[Path] | None,
        typer.Option(help="Prepared cohort whose counts and images are shown; may be given several times."),
    ] = None,
    page: Annotated[bool, typer.Option("--page/--no-page", help="Whether there is a page beside the API.")] = True,
) -> None:
    """Serve edits over HTTP, for a page in the browser and for programs."""
    from causaray.app.verbs.serve import serve

    serve(
        host, port, weights, token=token, queue=queue, max_upload_mib=max_upload_mib, page=page,
        cohorts=cohort or (),
        tell=lambda what: print(what, file=sys.stderr, flush=True),
    )  # fmt: skip

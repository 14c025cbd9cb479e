"""causaray serve: edits over HTTP, for a page in the browser and for programs."""

import logging
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from causaray.app.arguments import Device, Weights
from causaray.app.web.guard import guard_of
from causaray.devices import AUTO
from causaray.errors import BadInput
from causaray.extras import need


def serve(
    host: Annotated[
        str, typer.Option(help="Where to listen; any other than this machine asks for a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0 is any that is free.")] = 7860,
    weights: Weights = "cxr-128",
    token: Annotated[
        str | None, typer.Option(help="What requests must know; better in CAUSARAY_TOKEN, else one is made.")
    ] = None,
    queue: Annotated[int, typer.Option(min=1, help="How many edits may wait.")] = 8,
    max_upload_mib: Annotated[int, typer.Option(min=1, max=1024, help="Most MiB of a request.")] = 32,
    page: Annotated[bool, typer.Option("--page/--no-page", help="Whether there is a page beside the API.")] = True,
    cohorts: Annotated[
        Sequence[str | Path],
        list[Path],
        typer.Option("--cohort", help="Prepared cohort whose counts and images are shown; may be given several times."),
    ] = (),
    device: Device = AUTO,
    tell: Callable[[str], None] = lambda what: None,
) -> None:
    """Serve until the process is interrupted.

    Args:
        host: name or address to listen on. Any other than this machine's own asks every request for the token.
        port: to listen on; 0 is any that is free.
        weights: name of shipped weights, or a weights folder.
        token: at least 16 characters; else that of CAUSARAY_TOKEN in the environment, else a new one where needed.
        queue: so many edits may wait beside the one at work; more are refused for a while (429).
        max_upload_mib: of one request.
        page: whether there is a page beside the API.
        cohorts: folders written by `prepare`, whose counts and images are shown to whoever may ask.
        device: where models run, as `devices.resolved` reads it.
        tell: called with the address, and with a token that was made.

    Raises:
        BadInput: for weights that do not edit, a folder without a cohort, a port that cannot be had, a token that is
            too short, or a limit of 0.
    """
    if queue < 1 or max_upload_mib < 1:
        raise BadInput(f"A queue of {queue} and uploads of {max_upload_mib} MiB serve nobody; both are at least 1.")
    for package in ("fastapi", "uvicorn", "python_multipart", "prometheus_client"):
        need(package, "ui")

    from causaray.app.web.api import api
    from causaray.app.web.cohorts import ServedCohort
    from causaray.app.web.listening import listen, server
    from causaray.app.web.service import Service

    guard = guard_of(host, token, max_upload_mib)
    service = Service(weights, queue, device)
    app = api(service, guard, [ServedCohort.open(folder) for folder in cohorts])
    if page:
        from causaray.app.web.page import mount_page

        mount_page(app, service)
    warnings.simplefilter("ignore")  # those of pydicom quote headers, and so patients
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    logging.getLogger("causaray.web").setLevel(logging.INFO)
    with listen(host, port) as socket:
        tell(f"Causaray is at http://{_shown(host)}:{socket.getsockname()[1]}; Ctrl-C ends it.")
        if guard.made:
            tell(f"Token: {guard.token}")
        server(app).run(sockets=[socket])


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host

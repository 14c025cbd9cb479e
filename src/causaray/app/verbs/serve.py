"""causaray serve: edits over HTTP, for a page in the browser and for programs."""

import logging
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from causaray.app.forecasting import DEFAULT
from causaray.app.web.guard import guard_of
from causaray.arguments import Device, Weights
from causaray.devices import AUTO
from causaray.editors.spec import DRAWN
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
    against: Annotated[
        Sequence[str | Path],
        list[str],
        typer.Option(help="A further editor to choose, as --weights, or drawn; may be given several times."),
    ] = (DRAWN,),
    forecaster: Annotated[str | Path, str, typer.Option(help="Weights that forecast.")] = DEFAULT,
    reading: Annotated[
        str | Path | None, Path, typer.Option(help="Folder written by `reading make`, to be read on the page.")
    ] = None,
    reader: Annotated[str | None, typer.Option(help="Who reads it; the answers go to answers-NAME.csv.")] = None,
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
        against: further editors that may be chosen, beside `weights`; "drawn" draws findings by their mechanisms.
        forecaster: name of shipped weights that forecast, or the folder of such.
        reading: a set for readers, whose answers are written there; the page leads to it. It needs a page.
        reader: a name of up to 40 letters, digits, hyphens and underscores; given with `reading`, and with it alone.
        device: where models run, as `devices.resolved` reads it.
        tell: called with the address, and with a token that was made.

    Raises:
        BadInput: for weights that do not edit or forecast, a folder without a cohort or a set, a set without a reader
            or a page, a port that cannot be had, a token that is too short, or a limit of 0.
    """
    if queue < 1 or max_upload_mib < 1:
        raise BadInput(f"A queue of {queue} and uploads of {max_upload_mib} MiB serve nobody; both are at least 1.")
    if (reading is None) != (reader is None) or (reading is not None and not page):
        raise BadInput("A set is read on the page by somebody: give --reading and --reader together, and a page.")
    for package in ("fastapi", "uvicorn", "python_multipart", "prometheus_client"):
        need(package, "ui")

    from causaray.app.web.api import api
    from causaray.app.web.cohorts import ServedCohort
    from causaray.app.web.forecast import ServedForecaster
    from causaray.app.web.listening import listen, server
    from causaray.app.web.service import Service

    guard = guard_of(host, token, max_upload_mib)
    service = Service(weights, queue, device, against)
    app = api(service, guard, [ServedCohort.open(folder) for folder in cohorts], ServedForecaster.read(forecaster))
    if page:
        from causaray.app.web.page import mount_page
        from causaray.app.web.reading import reading_room
        from causaray.evaluation.reading_room.answers import AnswerFile
        from causaray.evaluation.reading_room.reader_set import ReaderSet

        room = None
        if reading is not None and reader is not None:
            asked = ReaderSet.open(reading)
            room = reading_room(asked, AnswerFile(asked, reader))
        mount_page(app, service, room)
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

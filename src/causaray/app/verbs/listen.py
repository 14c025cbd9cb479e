"""causaray listen: a DICOM server that answers radiographs with counterfactuals."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from causaray.app.inputs import as_findings, square_side
from causaray.arguments import Device, Prompt, Seed, Strength, Timeout, Title, Weights
from causaray.counterfactual import Counterfactual
from causaray.devices import AUTO
from causaray.editors.edit import EditRequest
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.extras import need
from causaray.findings import Findings
from causaray.scan import Scan
from causaray.writing import check_folder

if TYPE_CHECKING:
    from causaray.worker import Worker

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_OPEN = "Whoever reaches it can send radiographs here, and nothing is encrypted; name who may with --from."


def listen(
    prompt: Prompt,
    out: Annotated[
        str | Path | None, Path, typer.Option(help="Folder for the results; needed without --forward-to.")
    ] = None,
    *,
    forward_to: Annotated[str | None, typer.Option(help="Server that gets the results: AETITLE@host:port.")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where to listen.")] = 11112,
    host: Annotated[str, typer.Option(help="Address to listen at; the default is this computer alone.")] = "127.0.0.1",
    ae_title: Title = "CAUSARAY",
    senders: Annotated[
        Sequence[str], list[str], typer.Option("--from", help="AE title that may send; may be given several times.")
    ] = (),
    queue: Annotated[int, typer.Option(min=1, help="Radiographs that may wait; more are refused.")] = 16,
    max_megabytes: Annotated[int, typer.Option(min=1, help="Largest object taken.")] = 128,
    timeout: Timeout = 30,
    seed: Seed = 0,
    strength: Strength = 0.7,
    weights: Weights = "cxr-128",
    device: Device = AUTO,
    tell: Callable[[str], None] = lambda sentence: None,
    stop: Event | None = None,
) -> None:
    """Take frontal chest radiographs by C-STORE, and keep or send back each as it would be under `prompt`.

    A counterfactual is a Secondary Capture of the same patient and study, in a series of its own, and says SYNTHETIC
    in its pixels. Listens until `stop` is set or Ctrl-C; what waits is then still done, and a second Ctrl-C drops it.

    Args:
        prompt: such as "no pneumonia", or Findings.
        out: folder for <name>-counterfactual.dcm and .json; names are made up and the same for the same object.
        forward_to: server that gets the counterfactuals, "AETITLE@host:port".
        port: where to listen, at the address `host` of this computer; 127.0.0.1 is reached from it alone.
        ae_title: what we have to be called, and call ourselves.
        senders: AE titles of those who may send; empty lets everyone who reaches the port.
        queue: how many radiographs may wait; further ones are refused as out of resources (0xA700).
        max_megabytes: of an object as it is sent; the sender of a larger one is cut off.
        timeout: seconds that the other end may be silent.
        seed, strength, weights, device: as in `edit`.
        tell: called with a sentence for all that happens; nothing of a patient is in it.

    Raises:
        BadInput: for what cannot be asked for, written or opened, before anything is listened to.
    """
    need("pynetdicom", "network")
    from causaray.network.peer import Peer, checked_title

    if out is None and forward_to is None:
        raise BadInput("Say where the counterfactuals go: to a folder by --out, to a server by --forward-to, or both.")
    title, allowed = checked_title(ae_title), [checked_title(sender) for sender in senders]
    peer = Peer.parse(forward_to) if forward_to is not None else None
    if out is not None:
        check_folder(out)
    spec, request = EditorSpec.read(weights), as_findings(prompt)
    edit = _editing(spec, square_side(spec), request, seed, strength, device)

    from causaray.app.answering import Answerer
    from causaray.imagefiles.apart import ApartReader
    from causaray.network.receiver import Receiver
    from causaray.worker import Worker

    worker, answer = Worker(queue), Answerer(edit, out, peer, title, timeout, tell)
    worker.start()
    # What pydicom warns of may quote the header, so the patient.
    with warnings.catch_warnings(action="ignore"), closing(ApartReader()) as reader, _emptied(worker, tell):
        receiver = Receiver(worker, answer, reader, title, allowed, max_megabytes * 10**6, timeout, tell)
        reader.start()
        receiver.start(host, port)
        try:
            tell(f"{title} listens on {host}, port {port}; Ctrl-C ends it.")
            if host not in LOOPBACK and not allowed:
                tell(_OPEN)
            _wait(stop or Event())
        finally:
            receiver.stop()


def _editing(
    spec: EditorSpec, size: int, request: Findings, seed: int, strength: float, device: str
) -> Callable[[Scan], Counterfactual]:
    """The edit of one scan. It is tried on a made image, so that what the weights cannot do is refused at once."""
    from causaray.app.editing import EditingPipeline  # torch takes seconds to import: only once all else is in order

    pipeline, wanted = EditingPipeline.open(spec, device), EditRequest(request, seed, strength)

    def edit(scan: Scan) -> Counterfactual:
        return pipeline.edit([scan], wanted)[0]

    edit(Scan(np.linspace(0, 1, size * size).reshape(size, size)))
    return edit


@contextmanager
def _emptied(worker: "Worker", tell: Callable[[str], None]) -> Iterator[None]:
    """In the end do what waits, or, when stopped once more, drop it."""
    try:
        yield
    finally:
        if worker.unfinished:
            tell(f"{worker.unfinished} of the radiographs taken are still to do; Ctrl-C drops those that wait.")
        try:
            worker.finish()
        except KeyboardInterrupt:
            worker.close(patience=None)
            raise


def _wait(stop: Event) -> None:
    while not stop.wait(1):  # without an end to the waiting, Windows would not hear Ctrl-C
        pass

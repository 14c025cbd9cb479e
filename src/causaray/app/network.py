"""The verbs `send`, `listen` and `deidentify` on the command line."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from causaray.app.options import Force, Out, Prompt, Seed, Strength, WeightsOption
from causaray.app.terminal import progress_bar
from causaray.errors import BadInput

Title = Annotated[str, typer.Option(help="Our AE title.")]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds that the other end may be silent.")]


def send(
    inputs: Annotated[list[Path], typer.Argument(help="DICOM files and folders of them.")],
    to: Annotated[str, typer.Option(help="The server: AETITLE@host:port.")],
    ae_title: Title = "CAUSARAY",
    timeout: Timeout = 30,
) -> None:
    """Send DICOM files to a server, a PACS for example."""
    from causaray.app.verbs.send import send

    with progress_bar("Sending") as progress:
        sent = send(list(inputs), to, ae_title=ae_title, timeout=timeout, progress=progress)
    for one in sent:
        print(f"{one.path}: {one.reason or 'stored'}")
    if failed := sum(not one.stored for one in sent):
        raise BadInput(f"{failed} of {len(sent)} files were not stored by {to}; the lines above say why.")


def listen(
    prompt: Prompt,
    out: Annotated[Path | None, typer.Option(help="Folder for the results; needed without --forward-to.")] = None,
    forward_to: Annotated[str | None, typer.Option(help="Server that gets the results: AETITLE@host:port.")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where to listen.")] = 11112,
    host: Annotated[str, typer.Option(help="Address to listen at; the default is this computer alone.")] = "127.0.0.1",
    ae_title: Title = "CAUSARAY",
    senders: Annotated[
        list[str] | None, typer.Option("--from", help="AE title that may send; may be given several times.")
    ] = None,
    queue: Annotated[int, typer.Option(min=1, help="Radiographs that may wait; more are refused.")] = 16,
    max_megabytes: Annotated[int, typer.Option(min=1, help="Largest object taken.")] = 128,
    timeout: Timeout = 30,
    seed: Seed = 0,
    strength: Strength = 0.7,
    weights: WeightsOption = "cxr-128",
) -> None:
    """Be a DICOM server: take radiographs, and store or send back each as it would be under a prompt."""
    from causaray.app.verbs.listen import listen

    listen(
        prompt, out, forward_to=forward_to, port=port, host=host, ae_title=ae_title, senders=senders or (),
        queue=queue, max_megabytes=max_megabytes, timeout=timeout, seed=seed, strength=strength, weights=weights,
        tell=lambda sentence: print(sentence, file=sys.stderr, flush=True),
    )  # fmt: skip


def deidentify(
    inputs: Annotated[list[Path], typer.Argument(help="DICOM images and folders of them.")],
    out: Out,
    force: Force = False,
) -> None:
    """Write DICOM images without their patient, by DICOM's basic profile; text in the pixels stays."""
    from causaray.app.verbs.deidentify import deidentify

    with progress_bar("De-identifying") as progress:
        burned = deidentify(list(inputs), out, force=force, progress=progress)
    print(f"{out}: {len(burned)} images without names, dates and private elements, with new UIDs.")
    print("The pixels were not searched for text: look at them before you pass them on.")
    for file in (file for file, says_so in burned.items() if says_so):
        print(f"{file}: says of itself that text is burned in.")

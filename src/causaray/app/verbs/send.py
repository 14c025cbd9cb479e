"""causaray send: DICOM files to a server."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from causaray.arguments import Timeout, Title
from causaray.extras import need

if TYPE_CHECKING:
    from causaray.network.storing import Sent


def send(
    inputs: Annotated[
        str | Path | Sequence[str | Path], list[Path], typer.Argument(help="DICOM files and folders of them.")
    ],
    to: Annotated[str, typer.Option(help="The server: AETITLE@host:port.")],
    *,
    ae_title: Title = "CAUSARAY",
    timeout: Timeout = 30,
    progress: Callable[[int, int], None] | None = None,
) -> "list[Sent]":
    """Send DICOM files to a server (C-STORE), as they are, after it has answered C-ECHO.

    Args:
        inputs: DICOM files, and folders of them; other files in folders are passed over.
        to: the server, "AETITLE@host:port".
        ae_title: what we call ourselves.
        timeout: seconds to wait for the connection, and for each answer.
        progress: called with (files sent, files in all).

    Returns: what became of each file, in their order; one that is refused does not stop the others.

    Raises:
        BadInput: a file is none of DICOM's, or the server is unknown, cannot be reached, or refuses to talk to us.
    """
    need("pynetdicom", "network")
    from causaray.network.instances import find_instances
    from causaray.network.peer import Peer, checked_title
    from causaray.network.storing import store

    peer, calling = Peer.parse(to), checked_title(ae_title)
    return store(find_instances(inputs), peer, calling, timeout, progress or (lambda done, total: None))

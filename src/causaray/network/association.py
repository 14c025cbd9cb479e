"""An association that is known to work: agreed to, and answered on C-ECHO."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event

from pynetdicom import AE, Association, build_context, evt
from pynetdicom.presentation import PresentationContext
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]  # pynetdicom makes its names at import

from causaray.errors import BadInput
from causaray.network.peer import Peer

_HINTS = {
    "Calling AE title not recognised": "; have {calling} registered there, or call as another with --ae-title",
    "Called AE title not recognised": "; see what its AE title is",
    "Temporary congestion": "; try again later",
    "Local limit exceeded": "; try again later",
}


@contextmanager
def associated(
    peer: Peer, contexts: Sequence[PresentationContext], calling: str, timeout: float
) -> Iterator[Association]:
    """An open association with `peer` that has answered C-ECHO; released in the end.

    Args:
        contexts: what is proposed, at most 127 beside Verification.
        calling: our AE title.
        timeout: seconds to wait for the connection, and for each answer.

    Raises:
        BadInput: the host is unknown, cannot be reached, refuses, or does not answer.
    """
    _look_up(peer)
    entity, connected = AE(calling), Event()
    entity.connection_timeout = entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = timeout
    association = entity.associate(
        peer.host,
        peer.port,
        [build_context(Verification), *contexts],
        peer.title,
        evt_handlers=[(evt.EVT_CONN_OPEN, lambda event: connected.set())],
    )
    if not association.is_established:
        raise BadInput(f"{peer} {_refusal(association, connected.is_set(), calling, timeout)}.")
    try:
        _echo(association, peer)
        yield association
    finally:
        if association.is_established:
            association.release()


def _look_up(peer: Peer) -> None:
    try:
        socket.getaddrinfo(peer.host, peer.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise BadInput(f"The host {peer.host} is unknown; see whether its name is right.") from None


def _refusal(association: Association, connected: bool, calling: str, timeout: float) -> str:
    """Why there is no association, to follow the peer's name."""
    if association.is_rejected:
        reason = association.acceptor.primitive.reason_str  # type: ignore[union-attr]
        return f"refuses an association ({reason}){_HINTS.get(reason, '').format(calling=calling)}"
    if connected:
        return f"took the connection but agreed to no association in {timeout:g} s; see whether it speaks DICOM"
    return "cannot be reached; see whether it runs, and whether host and port are right"


def _echo(association: Association, peer: Peer) -> None:
    try:
        status = association.send_c_echo().get("Status")
    except (RuntimeError, ValueError):  # it hung up meanwhile, or takes no Verification
        status = None
    if status != 0:
        raise BadInput(f"{peer} does not answer C-ECHO; see whether its log says why.")

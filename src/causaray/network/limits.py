"""No more of an object is held in memory than was allowed, whoever sends it."""

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from pynetdicom import Association, evt
from pynetdicom.events import Event
from pynetdicom.pdu import P_DATA_TF

MOST_PDU_BYTES = 2**20
"""Far above the length we ask senders to keep to. pynetdicom would read on to the 4 GB that a header can announce."""
_COMMAND, _LAST = 1, 2


class SizeLimit:
    """Handlers for a server's associations: one that sends an object of more than `most` bytes is aborted.

    `tell` is then called with a sentence.
    """

    def __init__(self, most: int, tell: Callable[[str], None]) -> None:
        self._most, self._tell = most, tell
        self._received: WeakKeyDictionary[Association, int] = WeakKeyDictionary()

    @property
    def handlers(self) -> list[evt.EventHandlerType]:
        """To be bound when the server starts."""
        return [(evt.EVT_CONN_OPEN, _bound_reading), (evt.EVT_PDU_RECV, self._count)]

    def _count(self, event: Event) -> None:
        """Add up the fragments of an object (PS3.8, E.2) as they come; the last one begins a new sum."""
        for item in event.pdu.presentation_data_value_items if isinstance(event.pdu, P_DATA_TF) else ():
            fragment = item.presentation_data_value or b"\1"
            if not fragment[0] & _COMMAND:
                total = self._received.get(event.assoc, 0) + len(fragment) - 1
                self._received[event.assoc] = 0 if fragment[0] & _LAST else total
                if total > self._most:
                    self._abort(event.assoc)

    def _abort(self, association: Association) -> None:
        if not association.is_aborted:
            self._tell(f"{association.requestor.ae_title} sent an object that is too large, and was cut off.")
            association.abort(block=False)


def _bound_reading(event: Event) -> None:
    """Let a connection read no unit longer than MOST_PDU_BYTES: to pynetdicom it is then closed."""
    socket: Any = event.assoc.dul.socket
    read = socket.recv

    def bounded(count: int) -> bytearray:
        if count > MOST_PDU_BYTES:
            raise OSError("a longer unit was announced than is read")
        return read(count)

    socket.recv = bounded

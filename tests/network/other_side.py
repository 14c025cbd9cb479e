"""The other side of an association, played by pynetdicom."""

from collections.abc import Callable, Sequence

from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, StoragePresentationContexts, build_context, evt
from pynetdicom.sop_class import Verification


class Server:
    """A storage server at 127.0.0.1 that keeps the data sets it gets, and answers what `answer` gives for each."""

    def __init__(
        self,
        title: str = "PACS",
        syntaxes: Sequence[str] = (ExplicitVRLittleEndian, ImplicitVRLittleEndian),
        answer: Callable[[evt.Event], int] = lambda event: 0,
        senders: Sequence[str] = (),
    ) -> None:
        self.stored: list[Dataset] = []
        self.calls: list[str] = []
        self._answer, self._entity = answer, AE(title)
        self._entity.require_called_aet, self._entity.require_calling_aet = True, list(senders)
        self._entity.add_supported_context(Verification)
        for context in StoragePresentationContexts:
            self._entity.add_supported_context(context.abstract_syntax, list(syntaxes))
        handlers = [(evt.EVT_C_STORE, self._store), (evt.EVT_C_ECHO, self._echo)]
        started = self._entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        self.port = started.socket.getsockname()[1]
        self.address = f"{title}@127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._entity.shutdown()

    def _echo(self, event: evt.Event) -> int:
        self.calls.append("echo")
        return 0

    def _store(self, event: evt.Event) -> int:
        self.calls.append("store")
        status = self._answer(event)
        if status == 0:
            dataset = event.dataset
            dataset.file_meta = event.file_meta
            self.stored.append(dataset)
        return status


def store(dataset: Dataset, port: int, calling: str = "MODALITY", called: str = "CAUSARAY") -> int | None:
    """The status with which the server at `port` answers; None when it does not, or refuses the association."""
    entity = AE(calling)
    context = build_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
    association = entity.associate("127.0.0.1", port, [build_context(Verification), context], called)
    if not association.is_established:
        return None
    try:
        return association.send_c_store(dataset).get("Status")
    except ValueError:  # the class was not accepted
        return None
    finally:
        association.release()

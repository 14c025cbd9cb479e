"""A storage server: C-ECHO, and C-STORE of radiographs, which wait for a worker."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from pydicom.uid import (
    JPEG2000,
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
    SecondaryCaptureImageStorage,
)
from pynetdicom import AE, evt
from pynetdicom.events import Event
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]  # pynetdicom makes its names at import

from causaray.errors import BadInput
from causaray.imagefiles.apart import ApartReader
from causaray.network.intake import Refused, radiograph
from causaray.network.limits import SizeLimit
from causaray.network.statuses import NOT_UNDERSTOOD, OUT_OF_RESOURCES, STORED
from causaray.scan import Scan
from causaray.worker import Busy, Worker

STORAGE_CLASSES = (
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    SecondaryCaptureImageStorage,
)
# What `imagefiles` decodes. The deflated one is left out: a few bytes of it can be made to fill any memory.
TRANSFER_SYNTAXES = [
    *(ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian),
    *(JPEG2000Lossless, JPEGLSLossless, JPEGLosslessSV1, JPEGLossless, RLELossless),
    *(JPEG2000, JPEGLSNearLossless, JPEGExtended12Bit, JPEGBaseline8Bit),
]


@dataclass(frozen=True)
class Received:
    """A radiograph that was taken, and the SOP Instance UID it came with."""

    scan: Scan
    instance: str


class Receiver:
    """The server. An object is answered when it is decoded and has its place in the queue; the rest is done later.

    Args:
        worker: does what is to be done, one after the other.
        answer: what is done with what was received. It must not raise: nobody would hear of it.
        reader: decodes it.
        title: our AE title, by which we must be called.
        senders: AE titles of those who may send; empty lets everyone.
        most_bytes: of an object.
        timeout: seconds that a sender may be silent.
        tell: called with a sentence for each object that is not taken. Sentences hold nothing of the object.
    """

    def __init__(
        self,
        worker: Worker,
        answer: Callable[[Received], object],
        reader: ApartReader,
        title: str,
        senders: Collection[str],
        most_bytes: int,
        timeout: float,
        tell: Callable[[str], None],
    ) -> None:
        self._worker, self._answer, self._reader, self._tell = worker, answer, reader, tell
        self._limit = SizeLimit(most_bytes, tell)
        self._entity = AE(title)
        self._entity.require_called_aet = True
        self._entity.require_calling_aet = list(senders)
        self._entity.acse_timeout = self._entity.dimse_timeout = self._entity.network_timeout = timeout
        self._entity.add_supported_context(Verification)
        for storage_class in STORAGE_CLASSES:
            self._entity.add_supported_context(storage_class, TRANSFER_SYNTAXES)

    def start(self, host: str, port: int) -> None:
        """Begin to listen. Raises BadInput when the port cannot be opened."""
        handlers = [(evt.EVT_C_STORE, self._store), *self._limit.handlers]
        try:
            self._entity.start_server((host, port), block=False, evt_handlers=handlers)
        except OSError as error:
            reason = error.strerror or "the system refused"
            raise BadInput(f"Port {port} of {host} cannot be opened ({reason}); choose another.") from None

    def stop(self) -> None:
        """Take no more: open associations are aborted."""
        self._entity.shutdown()

    def _store(self, event: Event) -> int:
        """The status to answer a C-STORE with."""
        try:
            if self._worker.full:  # before it is decoded
                raise self._worker.busy()
            scan = radiograph(event.encoded_dataset(), self._reader)
            received = Received(scan, str(event.request.AffectedSOPInstanceUID))  # type: ignore[union-attr]
            self._worker.submit(lambda job: self._answer(received))
        except Busy:
            return self._refused(event, Refused(OUT_OF_RESOURCES, "the queue is full"))
        except Exception as error:  # whatever it is, the sender gets an answer
            return self._refused(event, error)
        return STORED

    def _refused(self, event: Event, error: Exception) -> int:
        if not isinstance(error, Refused):
            error = Refused(NOT_UNDERSTOOD, f"it could not be taken ({type(error).__name__})")
        sender = event.assoc.requestor.ae_title
        self._tell(f"An object from {sender} was refused with 0x{error.status:04X}: {error.reason}.")
        return error.status

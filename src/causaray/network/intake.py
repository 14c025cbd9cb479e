"""An object that was received: taken as a frontal chest radiograph, or refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from pydicom import Dataset, dcmread

from causaray.imagefiles.apart import KEPT, ApartReader
from causaray.imagefiles.dicom.dicom_in import other_kind
from causaray.imagefiles.dicom.dicom_out import IDENTITY
from causaray.network.statuses import NOT_ITS_KIND, NOT_UNDERSTOOD, OUT_OF_RESOURCES
from causaray.scan import LATERAL, Scan

CHEST = ("CHEST", "THORAX", "LUNG", "RIB")
_KEPT = (*KEPT, *IDENTITY, "SOPClassUID")
"""What the result, in the same study, takes from the header."""


class Refused(Exception):
    """An object that is not taken: the status to answer with, and why in words that hold nothing of the object."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


def radiograph(encoded: bytes, reader: ApartReader) -> Scan:
    """A received object (the bytes of a DICOM file) as a scan of its own pixels; no file is written.

    Of its header only what names patient, study and object is kept.

    Raises:
        Refused: NOT_ITS_KIND for what is no frontal chest radiograph or is a counterfactual itself, NOT_UNDERSTOOD for
            what is damaged, too large to decode, or belongs to no study, OUT_OF_RESOURCES when there is no memory.
    """
    with _refusing_damage():
        _check(dcmread(BytesIO(encoded), stop_before_pixels=True))
        scan = reader.read(encoded, kept=_KEPT)
        if scan.view == LATERAL:
            raise Refused(NOT_ITS_KIND, "it is a lateral film")
        return scan


@contextmanager
def _refusing_damage() -> Iterator[None]:
    """pydicom meets damage with many exceptions, and what they say may name the patient."""
    try:
        yield
    except Refused:
        raise
    except MemoryError:
        raise Refused(OUT_OF_RESOURCES, "there is not enough memory for it") from None
    except Exception:
        raise Refused(NOT_UNDERSTOOD, "it is damaged, or no grey image of a kind that is read") from None


def _check(header: Dataset) -> None:
    """Refuse what its header says is something else, before anything is decoded."""
    if other_kind(header):
        raise Refused(NOT_ITS_KIND, "it is no single plain radiograph")
    if _text(header, "SecondaryCaptureDeviceManufacturer") == "CAUSARAY":  # a server may pass on all that it gets
        raise Refused(NOT_ITS_KIND, "it is a counterfactual already")
    part = _text(header, "BodyPartExamined")
    if part and not any(name in part for name in CHEST):
        raise Refused(NOT_ITS_KIND, "it is not of the chest")
    if not header.get("StudyInstanceUID"):
        raise Refused(NOT_UNDERSTOOD, "it belongs to no study")


def _text(header: Dataset, keyword: str) -> str:
    return str(header.get(keyword) or "").strip().upper()

"""The DICOM files that are to be sent, and what has to be agreed with the receiver about them."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import build_context
from pynetdicom.presentation import PresentationContext

from causaray.errors import BadInput
from causaray.imagefiles import find_scans
from causaray.imagefiles.dicom.dataset import read_dataset
from causaray.imagefiles.magic import is_dicom_file

MOST_CONTEXTS = 127
DEFERRED = 2**16
"""Bytes of an element that is not read before it is needed."""
_NATIVE = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)


@dataclass(frozen=True)
class Instance:
    """A DICOM file, the storage class of its object, and the transfer syntax it is stored in."""

    path: Path
    storage_class: UID
    syntax: UID

    @property
    def offered(self) -> tuple[UID, ...]:
        """The transfer syntaxes it can be sent in: as it is stored, and a native one in the other native ones, too."""
        known = self.syntax.is_transfer_syntax and not self.syntax.is_private
        if known and self.syntax.is_little_endian and not self.syntax.is_compressed:
            return tuple(dict.fromkeys((self.syntax, *_NATIVE)))
        return (self.syntax,)


def find_instances(inputs: str | Path | Sequence[str | Path]) -> list[Instance]:
    """The DICOM files that `inputs` (files and folders) stand for. In folders other files are passed over.

    Raises:
        BadInput: one does not exist, a file named is no DICOM file, or there is none at all.
    """
    several = [inputs] if isinstance(inputs, str | Path) else inputs
    found = [_instance(file) for one in several for file in _files(Path(one))]
    if not found:
        raise BadInput("No DICOM file was named, and the folders hold none; name a DICOM file or a folder of them.")
    return found


def contexts_of(instances: Sequence[Instance]) -> list[PresentationContext]:
    """What to propose so that each object can be sent: one context a storage class and transfer syntax.

    Raises BadInput when these are too many for one association.
    """
    kinds = dict.fromkeys((instance.storage_class, instance.offered) for instance in instances)
    if len(kinds) > MOST_CONTEXTS:
        raise BadInput(
            f"These are {len(kinds)} kinds of DICOM object, but one association takes {MOST_CONTEXTS}; send fewer."
        )
    return [build_context(storage_class, list(syntaxes)) for storage_class, syntaxes in kinds]


def _files(path: Path) -> list[Path]:
    return [file for file in find_scans(path) if file == path or is_dicom_file(file)]


def _instance(path: Path) -> Instance:
    if not is_dicom_file(path):
        raise BadInput(f"{path} is no DICOM file; name one, or a folder.")
    try:
        with warnings.catch_warnings(action="ignore"):  # pydicom's may quote the header, so the patient
            dataset = read_dataset(path, defer_size=DEFERRED)
        return Instance(path, UID(dataset.SOPClassUID), UID(dataset.file_meta.TransferSyntaxUID))
    except Exception as error:  # pydicom meets damage with many exceptions
        raise BadInput(f"{path} is a DICOM file that is damaged or names no storage class; leave it out.") from error

"""A DICOM file as a data set, whatever it lacks: preamble, File Meta Information or transfer syntax."""

from pathlib import Path
from typing import Any, BinaryIO

from pydicom import FileDataset, dcmread
from pydicom.encaps import get_frame
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from causaray.imagefiles.dicom.codestream import Codestream

ITEM = b"\xfe\xff\x00\xe0"
"""The tag that begins every fragment of encapsulated pixel data (PS3.5, A.4)."""

_DETECTED: dict[tuple[bool | None, bool | None], UID] = {
    (True, True): ImplicitVRLittleEndian,
    (False, True): ExplicitVRLittleEndian,
    (False, False): ExplicitVRBigEndian,
}
"""(implicit VR, little endian) -> the transfer syntax of uncompressed data in that encoding."""


def read_dataset(file: BinaryIO | Path, **how: Any) -> FileDataset:
    """What pydicom's `dcmread` reads with the options `how`; its transfer syntax is always said.

    Where the file does not say it, it is that in which the pixels, or else the data set, were found to be encoded. What
    is no DICOM file becomes a data set without any sense, or one of pydicom's many exceptions.
    """
    dataset = dcmread(file, force=True, **how)
    if "TransferSyntaxUID" not in dataset.file_meta:
        dataset.file_meta.TransferSyntaxUID = _detected(dataset)
    return dataset


def _detected(dataset: FileDataset) -> UID:
    if "PixelData" in dataset and dataset.PixelData.startswith(ITEM):
        frame = get_frame(dataset.PixelData, 0, number_of_frames=1)
        if stream := Codestream.of(frame) or Codestream.of_rle(frame):
            return stream.syntaxes[0]
    return _DETECTED[dataset.original_encoding]

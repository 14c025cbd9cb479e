"""What a DICOM image may hide beside its pixels: in bits that no value uses, in overlays, behind the last pixel."""

from itertools import islice

import numpy as np
from pydicom import FileDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.utils import get_expected_length
from pydicom.uid import RLELossless

from causaray.imagefiles.cells import Layout
from causaray.imagefiles.dicom.bare_stream import bare

_BESIDE = (*range(0x5000, 0x5100), *range(0x6000, 0x6100), 0xFFFC)
"""The groups of curves, of overlays, and of what fills up the end of a file."""
_OFFSETS = ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")


def clear_hidden(dataset: FileDataset) -> None:
    """Take curves and overlays out of an image, clear unused bits, and cut off what lies behind the pixels.

    Run length encoded pixels are encoded anew. Of other compressed ones the values are not looked at: where the stream
    has more bits than BitsStored says, these are left. Raises one of many exceptions where the image is damaged, or
    stored otherwise than its header says.
    """
    for element in [element for element in dataset if element.tag.group in _BESIDE]:
        del dataset[element.tag]
    if "PixelData" not in dataset:
        return
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax == RLELossless:
        dataset.decompress(as_rgb=False, decoding_plugin="pydicom", generate_instance_uid=False)
        _clear_cells(dataset)
        dataset.compress(RLELossless, generate_instance_uid=False)
    elif syntax.is_encapsulated:
        _clear_streams(dataset)
    else:
        _clear_cells(dataset)


def _clear_cells(dataset: FileDataset) -> None:
    """Of pixels that are not compressed."""
    length, allocated = get_expected_length(dataset), dataset.BitsAllocated
    if len(dataset.PixelData) // length != 1:  # cut short, compressed, or of more values than is said
        raise ValueError("what is stored is another image than the header says")
    data = dataset.PixelData[:length]
    if allocated in (8, 16, 32):
        order = "<" if dataset.file_meta.TransferSyntaxUID.is_little_endian else ">"
        cells = np.frombuffer(data, f"{order}{'i' if dataset.get('PixelRepresentation') else 'u'}{allocated // 8}")
        data = Layout.of(dataset).cleared(cells).astype(cells.dtype).tobytes()
    dataset.PixelData = data + bytes(len(data) % 2)


def _clear_streams(dataset: FileDataset) -> None:
    """Of pixels compressed as JPEG and its kin."""
    number = int(dataset.get("NumberOfFrames") or 1)
    frames = islice(generate_frames(dataset.PixelData, number_of_frames=number), number)
    dataset.PixelData = encapsulate([bare(frame) for frame in frames])
    dataset["PixelData"].is_undefined_length = True
    for keyword in _OFFSETS:
        dataset.pop(keyword, None)

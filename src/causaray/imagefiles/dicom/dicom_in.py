"""DICOM radiographs in."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from pydicom import Dataset, FileDataset
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import RLELossless

from causaray.errors import BadInput
from causaray.imagefiles.cells import Layout
from causaray.imagefiles.dicom.dataset import read_dataset
from causaray.imagefiles.dicom.decoding import decoded
from causaray.imagefiles.display import displayed
from causaray.imagefiles.geometry import laid_out
from causaray.imagefiles.grey import grey_from_colour
from causaray.imagefiles.limits import check_size
from causaray.imagefiles.magic import HEAD, begins_as_dicom
from causaray.scan import UNNAMED, Scan
from causaray.views import header_view

_RADIOGRAPHS = frozenset({"CR", "DX", "DR", "RG"})
# Exports and secondary captures often do not say what they are a picture of.
_UNSTATED = frozenset({"", "OT", "SC"})
_STORAGE = ("Rows", "Columns", "BitsAllocated", "BitsStored", "SamplesPerPixel", "PhotometricInterpretation")
"""What a header has to say of its pixels (PS3.3, C.7.6.3)."""


def read_dicom(file: BinaryIO, source: Path | None) -> Scan:
    """Read a single-frame radiograph of modality CR, DX, DR or RG, or one that leaves its modality open.

    `source` is the file's name, where it has one.

    Stored values of 8 to 16 bits, native or compressed (RLE, JPEG baseline, extended and lossless, JPEG-LS,
    JPEG 2000), are shown as `display.displayed` says, and laid out upright and square (`geometry.laid_out`). Markers in
    the image are left alone.

    Raises:
        BadInput: the file is damaged, another kind of image, too large, multi-frame, in colour, or breaks Scan's pixel
            contract.
    """
    name = source or UNNAMED
    known = begins_as_dicom(file.read(HEAD))
    file.seek(0)
    with _in_one_sentence(name, known):
        header = read_dataset(file)
        if not known and "PixelData" not in header:
            raise ValueError("any file can be read as a data set without sense")
        _check_kind(header, name)
        pixels = _grey(header, name)
        del header.PixelData
        header.buffer = None  # else the header would keep the whole file in memory
        pixels, spacing, turned = laid_out(pixels, header, name)
        view, patient = header_view(header), str(header.get("PatientID") or "") or None
    return Scan(pixels, spacing=spacing, view=view, patient=patient, source=source, header=header, turned=turned)


@contextmanager
def _in_one_sentence(name: object, known: bool) -> Iterator[None]:
    """pydicom meets damage with many exceptions, and its warnings may quote the header, so the patient.

    Unless the file is `known` to begin as DICOM files do, it is taken to be none.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except BadInput:
        raise
    except Exception as error:
        if known and isinstance(error, MemoryError):
            raise
        fault = "is cut short or damaged" if known else "is no image"
        raise BadInput(f"{name} {fault}, where a DICOM, PNG, JPEG or TIFF file was expected.") from error


def other_kind(header: Dataset) -> str | None:
    """Why a DICOM data set is no single plain radiograph, to follow a name for it ("The image"), or None."""
    modality = " ".join(str(header.get("Modality") or "").upper().split())[:16]
    if modality not in _RADIOGRAPHS | _UNSTATED:
        return f"is of modality {modality}, where a plain radiograph (CR, DX, DR or RG) was expected"
    frames = int(header.get("NumberOfFrames") or 1)
    return f"holds {frames} frames, where a single image was expected" if frames > 1 else None


def _check_kind(header: Dataset, name: object) -> None:
    if kind := other_kind(header):
        raise BadInput(f"{name} {kind}.")
    if "PixelData" not in header:
        raise BadInput(
            f"{name} holds no image or only part of one, where a DICOM, PNG, JPEG or TIFF file was expected."
        )
    if unsaid := [keyword for keyword in _STORAGE if header.get(keyword) in (None, "")]:
        raise BadInput(f"{name} does not say how its pixels are stored ({unsaid[0]} is missing); save it again.")
    check_size(header.Columns, header.Rows, name)
    if header.BitsAllocated not in (8, 16):
        raise BadInput(f"{name} stores {header.BitsAllocated} bits a pixel, where 8 or 16 were expected.")


def _grey(header: FileDataset, name: object) -> np.ndarray:
    """float32 (H, W) in [0, 1]."""
    stored = decoded(header, name)
    layout = Layout.of(header)  # decoding may have set the header right
    syntax = header.file_meta.TransferSyntaxUID
    if not syntax.is_encapsulated or syntax == RLELossless or (layout.below and layout.exceeded(stored)):
        stored = layout.values(stored)  # other decoders give whole cells only where these were compressed
    if header.PhotometricInterpretation == "PALETTE COLOR":
        colour = apply_color_lut(stored, header)
        return grey_from_colour(colour[..., :3], np.iinfo(colour.dtype).max, name)
    if stored.ndim == 3:
        return grey_from_colour(stored, 2**header.BitsStored - 1, name)
    return displayed(stored, header)

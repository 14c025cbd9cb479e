"""DICOM radiographs in."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import BinaryIO

import numpy as np
from pydicom import Dataset, FileDataset, dcmread
from pydicom.encaps import get_frame
from pydicom.pixels.processing import apply_color_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import ImplicitVRLittleEndian, JPEGExtended12Bit

from causaray.errors import BadInput
from causaray.imagefiles.display import displayed
from causaray.imagefiles.grey import grey_from_colour
from causaray.imagefiles.limits import check_size
from causaray.scan import UNNAMED, Scan

RADIOGRAPHS = frozenset({"CR", "DX", "DR", "RG"})
# Exports and secondary captures often do not say what they are a picture of.
UNSTATED = frozenset({"", "OT", "SC"})
_VIEWS = {"PA": "PA", "AP": "AP", "LL": "LL", "RL": "LL", "LAT": "LL", "LATERAL": "LL"}


def read_dicom(file: BinaryIO, source: Path | None) -> Scan:
    """Read a single-frame radiograph of modality CR, DX, DR or RG, or one that leaves its modality open.

    `source` is the file's name, where it has one.

    Stored values of 8 to 16 bits, native or compressed (RLE, JPEG baseline, extended and lossless, JPEG-LS,
    JPEG 2000), are shown as `display.displayed` says. Markers in the image are left alone.

    Raises:
        BadInput: the file is damaged, another kind of image, too large, multi-frame, in colour, or breaks Scan's pixel
            contract.
    """
    name = source or UNNAMED
    with _in_one_sentence(name):
        header = dcmread(file, force=True)
        _check_kind(header, name)
        pixels = _grey(header, name)
        del header.PixelData
        header.buffer = None  # else the header would keep the whole file in memory
        spacing, view, patient = _spacing(header), _view(header), str(header.get("PatientID") or "") or None
    return Scan(pixels, spacing=spacing, view=view, patient=patient, source=source, header=header)


@contextmanager
def _in_one_sentence(name: object) -> Iterator[None]:
    """pydicom meets damage with many exceptions, and its warnings may quote the header, so the patient."""
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except (BadInput, MemoryError):
        raise
    except Exception as error:
        raise BadInput(
            f"{name} is cut short, damaged or not an image, where a DICOM, PNG, JPEG or TIFF file was expected."
        ) from error


def _check_kind(header: Dataset, name: object) -> None:
    modality = " ".join(str(header.get("Modality") or "").upper().split())[:16]
    if modality not in RADIOGRAPHS | UNSTATED:
        raise BadInput(f"{name} is of modality {modality}, where a plain radiograph (CR, DX, DR or RG) was expected.")
    if "PixelData" not in header:
        raise BadInput(
            f"{name} holds no image or only part of one, where a DICOM, PNG, JPEG or TIFF file was expected."
        )
    check_size(header.Columns, header.Rows, name)
    frames = int(header.get("NumberOfFrames") or 1)
    if frames > 1:
        raise BadInput(f"{name} holds {frames} frames, where a single image was expected.")
    if header.BitsAllocated not in (8, 16):
        raise BadInput(f"{name} stores {header.BitsAllocated} bits a pixel, where 8 or 16 were expected.")


def _grey(header: FileDataset, name: object) -> np.ndarray:
    """float32 (H, W) in [0, 1]."""
    header.file_meta.setdefault("TransferSyntaxUID", ImplicitVRLittleEndian)
    stored = _decoded(header, name)
    if header.PhotometricInterpretation == "PALETTE COLOR":
        colour = apply_color_lut(stored, header)
        return grey_from_colour(colour[..., :3], np.iinfo(colour.dtype).max, name)
    if stored.ndim == 3:
        return grey_from_colour(stored, 2**header.BitsStored - 1, name)
    return displayed(stored, header)


def _decoded(header: FileDataset, name: object) -> np.ndarray:
    """The stored values, (H, W) or (H, W, 3)."""
    syntax = header.file_meta.TransferSyntaxUID
    try:
        if syntax == JPEGExtended12Bit and header.BitsStored > 8:
            return _jpeg_12_bit(header)
        return pixel_array(header)
    except Exception as error:
        raise BadInput(
            f"{name} holds pixel data ({syntax.name}) that cannot be decoded, so the file is cut short, damaged, "
            "or in need of conversion to an uncompressed DICOM."
        ) from error


def _jpeg_12_bit(header: Dataset) -> np.ndarray:
    """GDCM decodes this syntax, but pydicom's plugin for it does not ask it to."""
    import gdcm  # type: ignore[import-untyped]

    fragment, fragments = gdcm.Fragment(), gdcm.SequenceOfFragments.New()
    fragment.SetByteStringValue(get_frame(header.PixelData, 0, number_of_frames=1))
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((header.Columns, header.Rows, 1))
    image.SetDataElement(element)
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(gdcm.PhotometricInterpretation.MONOCHROME2))
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGExtendedProcess2_4))
    bits, signed = header.BitsStored, header.PixelRepresentation
    image.SetPixelFormat(gdcm.PixelFormat(1, header.BitsAllocated, bits, bits - 1, signed))
    buffer = image.GetBuffer().encode("utf-8", "surrogateescape")
    return np.frombuffer(buffer, "<i2" if signed else "<u2").reshape(header.Rows, header.Columns)


def _spacing(header: Dataset) -> tuple[float, float] | None:
    """Millimetres (down the rows, along a row): in the patient where calibrated, else at the detector."""
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        spacing = header.get(keyword)
        if spacing and len(spacing) == 2 and 0 < min(spacing) <= max(spacing) < inf:
            return float(spacing[0]), float(spacing[1])
    return None


def _view(header: Dataset) -> str | None:
    return _VIEWS.get(str(header.get("ViewPosition") or "").strip().upper())

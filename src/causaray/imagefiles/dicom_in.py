"""DICOM radiographs in."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from pydicom import Dataset, FileDataset, dcmread
from pydicom.pixels.processing import apply_color_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import ImplicitVRLittleEndian, JPEGExtended12Bit

from causaray.errors import BadInput
from causaray.imagefiles.display import displayed
from causaray.imagefiles.grey import grey_from_colour
from causaray.scan import Scan

RADIOGRAPHS = frozenset({"CR", "DX", "DR", "RG"})
# Exports and secondary captures often do not say what they are a picture of.
UNSTATED = frozenset({"", "OT", "SC"})
_VIEWS = {"PA": "PA", "AP": "AP", "LL": "LL", "RL": "LL", "LAT": "LL", "LATERAL": "LL"}


def read_dicom(path: Path) -> Scan:
    """Read a single-frame radiograph of modality CR, DX, DR or RG, or one that leaves its modality open.

    Stored values of 8 to 16 bits, native or compressed (RLE, JPEG baseline, extended and lossless, JPEG-LS,
    JPEG 2000), are shown as `display.displayed` says. Markers in the image are left alone.

    Raises:
        BadInput: the file is damaged, another kind of image, multi-frame, in colour, or breaks Scan's pixel contract.
    """
    with _in_one_sentence(path):
        header = dcmread(path, force=True)
        _check_kind(header, path)
        pixels = _grey(header, path)
        del header.PixelData
        spacing, view, patient = _spacing(header), _view(header), str(header.get("PatientID") or "") or None
    return Scan(pixels, spacing=spacing, view=view, patient=patient, source=path, header=header)


@contextmanager
def _in_one_sentence(path: Path) -> Iterator[None]:
    """pydicom meets damage with many exceptions, and its warnings may quote the header, so the patient."""
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except (BadInput, MemoryError):
        raise
    except Exception as error:
        raise BadInput(
            f"{path} is cut short, damaged or not an image, where a DICOM, PNG, JPEG or TIFF file was expected."
        ) from error


def _check_kind(header: Dataset, path: Path) -> None:
    modality = str(header.get("Modality") or "").strip().upper()
    if modality not in RADIOGRAPHS | UNSTATED:
        raise BadInput(f"{path} is of modality {modality}, where a plain radiograph (CR, DX, DR or RG) was expected.")
    if "PixelData" not in header:
        raise BadInput(
            f"{path} holds no image or only part of one, where a DICOM, PNG, JPEG or TIFF file was expected."
        )
    frames = int(header.get("NumberOfFrames") or 1)
    if frames > 1:
        raise BadInput(f"{path} holds {frames} frames, where a single image was expected.")
    if header.BitsAllocated not in (8, 16):
        raise BadInput(f"{path} stores {header.BitsAllocated} bits a pixel, where 8 or 16 were expected.")


def _grey(header: FileDataset, path: Path) -> np.ndarray:
    """float32 (H, W) in [0, 1]."""
    header.file_meta.setdefault("TransferSyntaxUID", ImplicitVRLittleEndian)
    stored = _decoded(header, path)
    if header.PhotometricInterpretation == "PALETTE COLOR":
        colour = apply_color_lut(stored, header)
        return grey_from_colour(colour[..., :3], np.iinfo(colour.dtype).max, path)
    if stored.ndim == 3:
        return grey_from_colour(stored, 2**header.BitsStored - 1, path)
    return displayed(stored, header)


def _decoded(header: FileDataset, path: Path) -> np.ndarray:
    """The stored values, (H, W) or (H, W, 3)."""
    syntax = header.file_meta.TransferSyntaxUID
    try:
        if syntax == JPEGExtended12Bit and header.BitsStored > 8:
            return _jpeg_12_bit(header, path)
        return pixel_array(header)
    except Exception as error:
        raise BadInput(
            f"{path} holds pixel data ({syntax.name}) that cannot be decoded, so the file is cut short, damaged, "
            "or in need of conversion to an uncompressed DICOM."
        ) from error


def _jpeg_12_bit(header: Dataset, path: Path) -> np.ndarray:
    """GDCM decodes this syntax from a file, but pydicom's plugin for it does not ask it to."""
    import gdcm  # type: ignore[import-untyped]

    reader, change = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax()
    reader.SetFileName(str(path))
    if not reader.Read():
        raise ValueError("GDCM cannot read the file")
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.ExplicitVRLittleEndian))
    change.SetInput(reader.GetImage())
    if not change.Change():
        raise ValueError("GDCM cannot decode the image")
    buffer = change.GetOutput().GetBuffer().encode("utf-8", "surrogateescape")
    return np.frombuffer(buffer, "<i2" if header.PixelRepresentation else "<u2").reshape(header.Rows, header.Columns)


def _spacing(header: Dataset) -> tuple[float, float] | None:
    """Millimetres (down the rows, along a row): in the patient where calibrated, else at the detector."""
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        spacing = header.get(keyword)
        if spacing and len(spacing) == 2 and min(spacing) > 0:
            return float(spacing[0]), float(spacing[1])
    return None


def _view(header: Dataset) -> str | None:
    return _VIEWS.get(str(header.get("ViewPosition") or "").strip().upper())

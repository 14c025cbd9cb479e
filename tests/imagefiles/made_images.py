"""Made images for the tests of this folder."""

from pathlib import Path

import gdcm
import numpy as np
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian


def a_dicom(pixels: np.ndarray, **elements) -> Dataset:
    """A digital radiograph of the integer `pixels`; `elements` are added or take the place of what is written here."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    depth = pixels.dtype.itemsize * 8
    standard = {
        "SOPClassUID": DigitalXRayImageStorageForPresentation,
        "SOPInstanceUID": UID("1.2.3.4.5"),
        "StudyInstanceUID": UID("1.2.3.4"),
        "Modality": "DX",
        "PatientName": "Doe^Jane",
        "PatientID": "MRN-77",
        "PhotometricInterpretation": "MONOCHROME2",
        "SamplesPerPixel": 1 if pixels.ndim == 2 else 3,
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "BitsAllocated": depth,
        "BitsStored": depth,
        "HighBit": elements.get("BitsStored", depth) - 1,
        "PixelRepresentation": int(pixels.dtype.kind == "i"),
        "PixelData": pixels.tobytes(),
    }
    if pixels.ndim == 3:
        standard["PlanarConfiguration"] = 0
    for keyword, value in (standard | elements).items():
        setattr(dataset, keyword, value)
    dataset["PixelData"].VR = "OW"
    return dataset


BARE = {"implicit": (True, True), "explicit": (False, True), "big endian": (False, False)}
"""How data sets without preamble and File Meta Information are encoded: implicit VR, little endian."""


def bare(path: Path, encoding: str, pixels: np.ndarray, **elements) -> Path:
    """Write `a_dicom` with nothing before its data set, in an encoding of BARE."""
    implicit, little = BARE[encoding]
    dataset = a_dicom(pixels, **elements)
    if not little:
        dataset.PixelData = pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()
        dataset["PixelData"].VR = "OB" if pixels.dtype.itemsize == 1 else "OW"
    del dataset.file_meta
    dataset.save_as(path, implicit_vr=implicit, little_endian=little)
    return path


def quarters(*values: int, dtype: str = "u2") -> np.ndarray:
    """A 64 x 64 image in four vertical bands, one for each value."""
    return np.repeat(np.array(values, dtype=dtype), 16)[None].repeat(64, axis=0)


def bands(pixels: np.ndarray) -> list[float]:
    """The values of the four bands of `quarters`, each checked to be even."""
    blocks = pixels.reshape(64, 4, 16)
    assert (np.ptp(blocks, axis=(0, 2)) == 0).all()
    return blocks[0, :, 0].tolist()


def compress(path: Path, syntax: str) -> None:
    """Rewrite the DICOM file in a GDCM transfer syntax."""
    reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
    reader.SetFileName(str(path))
    assert reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, syntax)))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    assert dcmread(path).file_meta.TransferSyntaxUID.is_compressed

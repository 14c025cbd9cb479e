"""Made radiographs in DICOM for the tests of this folder, with a patient whose traces can be looked for."""

import socket
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

SECRETS = {
    "PatientName": "Zyxwvut^Jörg",
    "PatientID": "MRN-8675309",
    "PatientBirthDate": "19470313",
    "AccessionNumber": "ACC424242",
    "InstitutionName": "St Elsewhere",
    "StudyDescription": "Thorax of Zyxwvut",
}


def radiograph(size: int = 96) -> np.ndarray:
    """uint16 (size, size) of 12 bits, roughly a chest: two dark lungs in a bright body."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    lungs = sum(np.exp(-(((x - side) / 0.25) ** 2) - (y / 0.6) ** 2) for side in (-0.45, 0.45))
    return np.uint16(3200 - 2400 * lungs)


def study(pixels: np.ndarray | None = None, syntax: UID = ExplicitVRLittleEndian, **elements) -> Dataset:
    """A digital radiograph of the chest, PA, with new UIDs; `elements` are added or take the place of what is here.

    In a compressed `syntax` the pixel data are no image, only wrapped as such.
    """
    pixels = radiograph() if pixels is None else pixels
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    standard = {
        "SpecificCharacterSet": "ISO_IR 100",
        "SOPClassUID": DigitalXRayImageStorageForPresentation,
        **{f"{what}InstanceUID": generate_uid() for what in ("SOP", "Study", "Series")},
        **SECRETS,
        "StudyDate": "20190704",
        "StudyTime": "131313",
        "StudyID": "ST-909",
        "PatientSex": "F",
        "Modality": "DX",
        "BodyPartExamined": "CHEST",
        "ViewPosition": "PA",
        "PixelSpacing": [0.4, 0.4],
        "PhotometricInterpretation": "MONOCHROME2",
        "SamplesPerPixel": 1,
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "PixelData": encapsulate([bytes(100)]) if syntax.is_compressed else pixels.tobytes(),
    }
    for keyword, value in (standard | elements).items():
        setattr(dataset, keyword, value)
    dataset["PixelData"].VR = "OB" if syntax.is_compressed else "OW"
    return dataset


def saved(folder: Path, name: str = "scan.dcm", **elements) -> Path:
    """The file of a `study`."""
    study(**elements).save_as(folder / name, enforce_file_format=True)
    return folder / name


def tells_the_patient(text: str) -> bool:
    """Whether anything in SECRETS, or a part of the name, is in the text."""
    return any(secret in text for secret in (*SECRETS.values(), "Zyxwvut", "Jörg"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

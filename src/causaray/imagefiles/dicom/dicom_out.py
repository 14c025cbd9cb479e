"""Synthetic images out as DICOM, marked so that nobody can take them for the patient's own."""

import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

from causaray import __version__
from causaray.imagefiles.dicom.burn_in import burn_in
from causaray.imagefiles.geometry import UPRIGHT
from causaray.scan import Scan
from causaray.writing import whole_file

MARK = "SYNTHETIC"
BITS_STORED = 12
IDENTITY = (
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "StudyInstanceUID",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "StudyDescription",
    "AccessionNumber",
    "ReferringPhysicianName",
)
LOSSY = ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod")


def write_dicom(
    scan: Scan, path: str | Path, *, derived_from: Scan, description: str, seed: int, keep_identity: bool = False
) -> None:
    """Write a synthetic scan as a new Secondary Capture object (PS3.3, A.8.1): 12 bits, MONOCHROME2.

    "SYNTHETIC" is burned into the pixels and stands in the series description; `description` says how the image was
    derived. Nothing is copied from the source's header but its record of lossy compression, and, only with
    `keep_identity`, who the patient is, the study and a reference to the source image. Nothing of the present time is
    written and the UIDs follow from the arguments, so that the same call gives the same bytes.

    Args:
        scan: the synthetic image, with its spacing and view.
        derived_from: the scan it was made from, of a DICOM file or any other.
        description: goes into the file as given, so it must not name the patient; cut at 1,024 characters.
        seed: of the edit.

    Raises BadInput when the file cannot be written.
    """
    made = dicom_bytes(scan, derived_from=derived_from, description=description, seed=seed, keep_identity=keep_identity)
    with whole_file(path) as beside:
        beside.write_bytes(made)


def dicom_bytes(
    scan: Scan, *, derived_from: Scan, description: str, seed: int, keep_identity: bool = False, comment: str = ""
) -> bytes:
    """What `write_dicom` writes; `comment` goes into the image comments, and must not name the patient either."""
    stored = np.rint(burn_in(scan.pixels, MARK) * (2**BITS_STORED - 1)).astype("<u2")
    entropy = [str(seed), _source_key(derived_from), _digest(stored), description, str(keep_identity), comment]
    dataset = Dataset()
    _describe(dataset, description, entropy, derived_from)
    if comment:
        dataset.ImageComments += f". What changed: {comment}"
    _put_pixels(dataset, stored, scan)
    _copy(dataset, derived_from.header, LOSSY)
    if keep_identity:
        _keep_identity(dataset, derived_from)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _describe(dataset: Dataset, description: str, entropy: list[str], derived_from: Scan) -> None:
    """What the object is, and nobody's: the identity is made up; elements the standard wants (type 2) are empty."""
    instance = _uid("instance", entropy)
    _set(
        dataset,
        SpecificCharacterSet="ISO_IR 192",
        SOPClassUID=SecondaryCaptureImageStorage,
        SOPInstanceUID=instance,
        SeriesInstanceUID=_uid("series", entropy),
        StudyInstanceUID=_uid("study", entropy),
        PatientName=MARK,
        PatientID=f"ANON-{instance[-12:]}",
        PatientBirthDate="",
        PatientSex="",
        PatientIdentityRemoved="YES",
        DeidentificationMethod="Header made anew; the pixels were not searched for text",
        StudyID="",
        StudyDate="",
        StudyTime="",
        AccessionNumber="",
        ReferringPhysicianName="",
        Modality="OT",
        ConversionType="WSD",
        SeriesNumber=None,
        InstanceNumber=1,
        PatientOrientation=_orientation(derived_from),
        BodyPartExamined="CHEST",
        SeriesDescription=f"{MARK} image, not for diagnosis",
        ImageComments=f"{MARK} image made by Causaray, not a radiograph of any patient",
        ImageType=["DERIVED", "SECONDARY"],
        DerivationDescription=description[:1024],
        BurnedInAnnotation="YES",
        SyntheticData="YES",
        ContributingEquipmentSequence=[_synthesizer()],
        SecondaryCaptureDeviceManufacturer="Causaray",
        SecondaryCaptureDeviceSoftwareVersions=__version__,
    )


def _synthesizer() -> Dataset:
    """What made the image, and that it did not acquire it."""
    made, purpose = Dataset(), Dataset()
    _set(purpose, CodeValue="109100", CodingSchemeDesignator="DCM", CodeMeaning="Synthesizing Equipment")
    _set(made, PurposeOfReferenceCodeSequence=[purpose], Manufacturer="Causaray", SoftwareVersions=__version__)
    return made


def _orientation(derived_from: Scan) -> str:
    """L\\F where the source was turned to it, or says so; else nothing."""
    said = None if derived_from.header is None else derived_from.header.get("PatientOrientation")
    return UPRIGHT if derived_from.turned or (said and "\\".join(said) == UPRIGHT) else ""


def _put_pixels(dataset: Dataset, stored: np.ndarray, scan: Scan) -> None:
    _set(
        dataset,
        Rows=stored.shape[0],
        Columns=stored.shape[1],
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        BitsAllocated=16,
        BitsStored=BITS_STORED,
        HighBit=BITS_STORED - 1,
        PixelRepresentation=0,
        WindowCenter=2 ** (BITS_STORED - 1),
        WindowWidth=2**BITS_STORED,
        PixelData=stored.tobytes(),
    )
    if scan.spacing:
        dataset.PixelSpacing = [f"{side:.10g}" for side in scan.spacing]
    if scan.view:
        dataset.ViewPosition = scan.view


def _keep_identity(dataset: Dataset, derived_from: Scan) -> None:
    """Put the image beside its source: same patient, same study."""
    del dataset.PatientIdentityRemoved, dataset.DeidentificationMethod
    if derived_from.patient:
        dataset.PatientID = derived_from.patient
    header = derived_from.header
    _copy(dataset, header, IDENTITY)
    if header is not None and "SOPInstanceUID" in header and "SOPClassUID" in header:
        source = Dataset()
        _set(source, ReferencedSOPClassUID=header.SOPClassUID, ReferencedSOPInstanceUID=header.SOPInstanceUID)
        dataset.SourceImageSequence = [source]


def _copy(dataset: Dataset, header: Dataset | None, keywords: tuple[str, ...]) -> None:
    for keyword in keywords:
        if header is not None and keyword in header:
            dataset[keyword] = header[keyword]


def _set(dataset: Dataset, **elements: Any) -> None:
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)


def _source_key(scan: Scan) -> str:
    uid = scan.header and scan.header.get("SOPInstanceUID")
    return str(uid or _digest(scan.pixels))


def _digest(array: np.ndarray) -> str:
    return hashlib.sha256(array.tobytes()).hexdigest()


def _uid(what: str, entropy: list[str]) -> str:
    return generate_uid(entropy_srcs=["|".join([what, *entropy])])

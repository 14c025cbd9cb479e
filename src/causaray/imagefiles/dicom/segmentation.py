"""Where findings are, as a DICOM segmentation (PS3.3, A.51) of a synthetic image."""

import hashlib
import warnings
from collections.abc import Iterable, Mapping
from io import BytesIO
from types import ModuleType

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid

from causaray.errors import BadInput
from causaray.extras import need
from causaray.imagefiles.dicom.coding import coded, put_time_and_uid


def segmentation_bytes(masks: Mapping[str, np.ndarray], image: bytes, weights: str, version: str) -> bytes:
    """A DICOM segmentation of the DICOM file `image`, a segment for each mask uint8 (H, W), 255 for all of a pixel.

    It is fractional, of the type OCCUPANCY, and belongs to the patient and the study that the image says. Nothing of
    the present time is written and the UIDs follow from the arguments, so that the same call gives the same bytes.
    Raises BadInput when there is no mask, and when highdicom is not installed.
    """
    if not masks:
        raise BadInput("The edit does not tell where a finding is, so there is no segmentation of it.")
    highdicom = _highdicom()
    source = dcmread(BytesIO(image))
    pixels = np.stack(list(masks.values()), -1)
    key = hashlib.sha256(image + pixels.tobytes() + "|".join([*masks, weights, version]).encode()).hexdigest()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of patients' names of one word, such as SYNTHETIC
        segmentation = _made(highdicom, source, pixels, masks, weights, version, key)
    segmentation.PatientOrientation = source.get("PatientOrientation", "")
    put_time_and_uid(segmentation, generate_uid(entropy_srcs=["dimension", key]))
    file = BytesIO()
    segmentation.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _made(
    highdicom: ModuleType,
    source: Dataset,
    pixels: np.ndarray,
    names: Iterable[str],
    weights: str,
    version: str,
    key: str,
) -> Dataset:
    made: Dataset = highdicom.seg.Segmentation(
        source_images=[source],
        pixel_array=pixels[None].astype(np.float32) / 255,
        segmentation_type=highdicom.seg.SegmentationTypeValues.FRACTIONAL,
        fractional_type=highdicom.seg.SegmentationFractionalTypeValues.OCCUPANCY,
        max_fractional_value=255,
        segment_descriptions=[
            _described(highdicom, number, name, weights, version) for number, name in enumerate(names, 1)
        ],
        series_instance_uid=generate_uid(entropy_srcs=["series", key]),
        series_number=1,
        sop_instance_uid=generate_uid(entropy_srcs=["instance", key]),
        instance_number=1,
        manufacturer="Causaray",
        manufacturer_model_name=weights,
        software_versions=version,
        device_serial_number="0",
        content_label="LESIONS",
        series_description=f"Where findings are in: {source.SeriesDescription}",
    )
    return made


def _highdicom() -> ModuleType:
    need("highdicom", "segmentation")
    import highdicom.seg

    return highdicom


def _described(highdicom: ModuleType, number: int, name: str, weights: str, version: str) -> Dataset:
    algorithm = highdicom.AlgorithmIdentificationSequence(
        f"Causaray {weights}", codes.DCM.ArtificialIntelligence, version
    )
    described: Dataset = highdicom.seg.SegmentDescription(
        segment_number=number,
        segment_label=name,
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=coded(name),
        algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=algorithm,
    )
    return described

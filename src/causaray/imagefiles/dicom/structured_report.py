"""What was measured of a synthetic image, as a DICOM structured report (TID 1500, PS3.16) that refers to the image."""

import hashlib
import warnings
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import generate_uid

from causaray.extras import need
from causaray.imagefiles.dicom.coding import coded, own_code, put_time_and_uid
from causaray.record import flat_signs

CHEST_RADIOGRAPH = Code("399208008", "SCT", "Plain chest X-ray")
SIDES = {"right": codes.SCT.Right, "left": codes.SCT.Left}
Measured = tuple[str, Code | None, Mapping[str, float]]
"""What is measured, where (None where that is not said), and the values by "before", "after" and "change"."""


def report_bytes(record: Mapping[str, Any], image: bytes) -> bytes:
    """An Enhanced SR of a counterfactual: the judge's probabilities and the signs, before, after and their change, and
    the text of what changed as an impression.

    `record` is what the JSON file holds (docs/formats.md), `image` the DICOM file of the synthetic image: the report
    refers to it, and is of its patient and study. Nothing of the present time is written and the UIDs follow from the
    arguments, so that the same call gives the same bytes. Raises BadInput when highdicom is not installed.
    """
    need("highdicom", "segmentation")
    import highdicom.sr as sr

    source = dcmread(BytesIO(image), stop_before_pixels=True)
    key = hashlib.sha256(image + repr(record).encode()).hexdigest()
    device = sr.DeviceObserverIdentifyingAttributes(
        generate_uid(entropy_srcs=["device", record["digest"]]), name=f"Causaray {record['weights']}",
        manufacturer_name="Causaray", model_name=record["weights"], serial_number=record["version"],
    )  # fmt: skip
    observer = sr.ObservationContext(observer_device_context=sr.ObserverContext(codes.DCM.Device, device))
    groups = [
        sr.MeasurementsAndQualitativeEvaluations(
            tracking_identifier=sr.TrackingIdentifier(generate_uid(entropy_srcs=[str(i), key]), name),
            finding_type=coded(name),
            finding_sites=[sr.FindingSite(codes.SCT.Lung, side)] if side else None,
            algorithm_id=sr.AlgorithmIdentification(_algorithm(record, name), record["version"]),
            measurements=[_measurement(sr, when, value, source) for when, value in values.items()],
        )
        for i, (name, side, values) in enumerate(_measured(record))
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of patients' names of one word, such as SYNTHETIC
        content = sr.MeasurementReport(observer, CHEST_RADIOGRAPH, groups, referenced_images=[source])
        if record["interpretation"]:
            content[0].ContentSequence.append(_impression(sr, record["interpretation"]))
        report = sr.EnhancedSR(
            evidence=[source], content=content[0], series_number=2, instance_number=1, manufacturer="Causaray",
            series_instance_uid=generate_uid(entropy_srcs=["report series", key]),
            sop_instance_uid=generate_uid(entropy_srcs=["report", key]),
        )  # fmt: skip
    report.SeriesDescription = f"Measured on: {source.SeriesDescription}"[:64]
    report.SyntheticData = "YES"
    put_time_and_uid(report, generate_uid(entropy_srcs=["nothing", key]))
    file = BytesIO()
    report.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _measured(record: Mapping[str, Any]) -> Iterator[Measured]:
    """The probabilities of the judge, asked for and not, the extent of the change, and every sign that is known."""
    asked = {name: both for name, both in record["measured"].items() if isinstance(both, Mapping)}
    for name, both in (asked | record["unasked"]).items():
        yield name, None, _with_change(both["before"], both["after"])
    for name in ("mean_abs_change", "changed_fraction"):
        yield name, None, {"change": record["measured"][name]}
    for name, before, after in flat_signs(record["signs"]):
        side = next((code for word, code in SIDES.items() if word in name.split()), None)
        yield name, side, _with_change(before, after)


def _impression(sr: Any, text: str) -> Dataset:
    """The text of what changed, as an item of the report's own container (TID 1500 is extensible)."""
    item: Dataset = sr.TextContentItem(codes.DCM.Impression, text, sr.RelationshipTypeValues.CONTAINS)
    return item


def _with_change(before: float, after: float) -> dict[str, float]:
    return {"before": before, "after": after, "change": round(after - before, 6)}


def _algorithm(record: Mapping[str, Any], name: str) -> str:
    """The judge of a finding; of all else Causaray's own reading of the film."""
    judged = name in record["measured"] | record["unasked"] and name not in ("mean_abs_change", "changed_fraction")
    return str(record["judge"])[:64] if judged else "Causaray anatomy"


def _measurement(sr: Any, when: str, value: float, source: Dataset) -> Any:
    referenced = sr.SourceImageForMeasurement(source.SOPClassUID, source.SOPInstanceUID)
    images = [referenced] if when == "after" else None
    return sr.Measurement(own_code(when), value, codes.UCUM.NoUnits, referenced_images=images)
